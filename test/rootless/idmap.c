/* What newuidmap(1) and newgidmap(1) do, for a test: installed setuid root, it writes the map of a process. Their rules are not kept: PID INSIDE OUTSIDE COUNT... */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/%s", argv[1], strstr(argv[0], "newgidmap") ? "gid_map" : "uid_map");
  FILE *map = fopen(path, "w");
  if (map == NULL) return 1;
  for (int i = 2; i + 2 < argc; i += 3) fprintf(map, "%s %s %s\n", argv[i], argv[i + 1], argv[i + 2]);
  return fclose(map) == 0 ? 0 : 1;
}
