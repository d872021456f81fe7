#include <sepol/policydb/policydb.h>

/* one line: three sets of 256 bits, or none; netlink: about nlmsg, else about ioctl */
void print_xperms(policydb_t *policy, context_struct_t *s, context_struct_t *t, int class, int driver, int netlink);
