/*
 * libsepol's security server on standard input and output: one question a line, one answer a line, in order (libsepol.ts).
 *
 *   @load FILE | @bool NAME VALUE      -> ok | -1
 *   @write FILE VERSION                the loaded policy in another version of the format
 *   @dominate ROLE ROLE                the first role dominates the second from now on: no compiler writes that any more
 *   @rules                             -> source target class kind;... of every rule, conditional or not
 *   access SCON TCON CLASS             -> allowed auditallow auditdeny permissive, hexadecimal
 *   create member relabel SCON TCON CLASS | context CON | user CON USER | validatetrans OLD NEW CLASS TASK   as selinuxfs
 *   xperms SCON TCON CLASS DRIVER BASE -> allowed auditallow dontaudit, 256 bits each, or none: libsepol-xperms.c
 *   genfs TYPE PATH CLASS | fsuse TYPE | port PROTOCOL PORT | node HEX | netif NAME | pkey HEX NUMBER | endport DEVICE PORT | isid SID
 */
#include "libsepol-xperms.h"
#include <netinet/in.h>
#include <sepol/debug.h>
#include <sepol/policydb/avtab.h>
#include <sepol/policydb/conditional.h>
#include <sepol/policydb/policydb.h>
#include <sepol/policydb/services.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static policydb_t policydb;
static sidtab_t sidtab;
static int loaded;

/* SIDs are looked up one by one: an old table makes every question slow */
#define QUESTIONS_PER_SIDTAB 400

static int fresh_sids(void)
{
	/* entries remember the SIDs of their contexts; those of initial SIDs are what the policy says */
	for (int list = 1; list < OCON_NUM; list++)
		for (ocontext_t *entry = policydb.ocontexts[list]; entry; entry = entry->next)
			entry->sid[0] = entry->sid[1] = 0;
	for (genfs_t *genfs = policydb.genfs; genfs; genfs = genfs->next)
		for (ocontext_t *entry = genfs->head; entry; entry = entry->next)
			entry->sid[0] = 0;
	sepol_sidtab_destroy(&sidtab);
	memset(&sidtab, 0, sizeof(sidtab));
	return policydb_load_isids(&policydb, &sidtab);
}

static int load(const char *file)
{
	struct policy_file input;
	FILE *fp = fopen(file, "rb");
	if (!fp)
		return -1;
	if (loaded)
		policydb_destroy(&policydb);
	loaded = 1;
	policy_file_init(&input);
	input.type = PF_USE_STDIO;
	input.fp = fp;
	int result = policydb_init(&policydb) || policydb_read(&policydb, &input, 0) ? -1 : 0;
	fclose(fp);
	if (result == 0) {
		evaluate_conds(&policydb);
		sepol_set_policydb(&policydb);
		sepol_set_sidtab(&sidtab);
		result = fresh_sids();
	}
	return result;
}

static int write_as(const char *file, unsigned int version)
{
	struct policy_file output;
	FILE *fp = fopen(file, "wb");
	if (!fp)
		return -1;
	policy_file_init(&output);
	output.type = PF_USE_STDIO;
	output.fp = fp;
	policydb.policyvers = version;
	int result = policydb_write(&policydb, &output);
	fclose(fp);
	return result;
}

static int set_boolean(const char *name, int value)
{
	cond_bool_datum_t *datum = hashtab_search(policydb.p_bools.table, (hashtab_key_t)name);
	if (!datum)
		return -1;
	datum->state = value;
	return evaluate_conds(&policydb);
}

static int dominate(const char *upper, const char *lower)
{
	role_datum_t *role = hashtab_search(policydb.p_roles.table, (hashtab_key_t)upper);
	role_datum_t *other = hashtab_search(policydb.p_roles.table, (hashtab_key_t)lower);
	return role && other ? ebitmap_set_bit(&role->dominates, other->s.value - 1, 1) : -1;
}

static int print_rule(avtab_key_t *key, avtab_datum_t *datum, void *data)
{
	(void)datum;
	(void)data;
	return printf("%u %u %u %u;", key->source_type, key->target_type, key->target_class, key->specified & ~AVTAB_ENABLED) < 0;
}

static int sid_of(const char *context, sepol_security_id_t *sid)
{
	return context ? sepol_context_to_sid(context, strlen(context) + 1, sid) : -1;
}

static void print_sid(int result, sepol_security_id_t sid)
{
	char *text;
	size_t length;
	if (result < 0 || sepol_sid_to_context(sid, &text, &length) < 0) {
		puts("refused");
		return;
	}
	puts(text);
	free(text);
}

static void print_access(sepol_security_id_t source, sepol_security_id_t target, int class)
{
	struct sepol_av_decision decision;
	if (sepol_compute_av(source, target, class, 0, &decision) < 0)
		puts("refused");
	else
		printf("%x %x %x %x\n", decision.allowed, decision.auditallow, decision.auditdeny,
		       ebitmap_get_bit(&policydb.permissive_map, sepol_sidtab_search(&sidtab, source)->type));
}

static void print_user(sepol_security_id_t from, char *user)
{
	sepol_security_id_t *sids = NULL;
	uint32_t count = 0;
	if (sepol_get_user_sids(from, user, &sids, &count) < 0) {
		puts("refused");
		return;
	}
	printf("%u", count);
	for (uint32_t i = 0; i < count; i++) {
		char *text;
		size_t length;
		if (sepol_sid_to_context(sids[i], &text, &length) < 0)
			continue;
		printf(" %s", text);
		free(text);
	}
	putchar('\n');
	free(sids);
}

static void print_validatetrans(char **words)
{
	sepol_security_id_t old, new, task;
	char *reason = NULL;
	if (sid_of(words[1], &old) < 0 || sid_of(words[2], &new) < 0 || sid_of(words[4], &task) < 0) {
		puts("refused");
		return;
	}
	puts(sepol_validate_transition_reason_buffer(old, new, task, atoi(words[3]), &reason, 0) < 0 ? "denied" : "ok");
	free(reason);
}

static void print_fsuse(const char *type)
{
	unsigned int behaviour;
	sepol_security_id_t sid;
	int result = sepol_fs_use(type, &behaviour, &sid);
	printf("%u ", behaviour);
	print_sid(result, sid);
}

static int bytes_of(const char *hex, unsigned char *bytes)
{
	int length = strlen(hex) / 2;
	for (int i = 0; i < length; i++)
		sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
	return length;
}

static void print_object(char **words)
{
	sepol_security_id_t sid = 0, other;
	unsigned char bytes[16];
	int result = -1;
	if (!strcmp(words[0], "genfs"))
		result = sepol_genfs_sid(words[1], words[2], atoi(words[3]), &sid);
	else if (!strcmp(words[0], "port"))
		result = sepol_port_sid(0, 0, atoi(words[1]), atoi(words[2]), &sid);
	else if (!strcmp(words[0], "node")) {
		int length = bytes_of(words[1], bytes);
		result = sepol_node_sid(length == 4 ? AF_INET : AF_INET6, bytes, length, &sid);
	} else if (!strcmp(words[0], "netif"))
		result = sepol_netif_sid(words[1], &sid, &other);
	else if (!strcmp(words[0], "pkey")) {
		uint64_t prefix;
		bytes_of(words[1], bytes);
		memcpy(&prefix, bytes, sizeof(prefix));
		result = sepol_ibpkey_sid(prefix, atoi(words[2]), &sid);
	} else if (!strcmp(words[0], "endport"))
		result = sepol_ibendport_sid(words[1], atoi(words[2]), &sid);
	else if (!strcmp(words[0], "isid")) {
		sid = atoi(words[1]);
		result = 0;
	}
	print_sid(result, sid);
}

static int compute(const char *kind, sepol_security_id_t source, sepol_security_id_t target, int class, sepol_security_id_t *sid)
{
	if (!strcmp(kind, "create"))
		return sepol_transition_sid(source, target, class, sid);
	if (!strcmp(kind, "member"))
		return sepol_member_sid(source, target, class, sid);
	return sepol_change_sid(source, target, class, sid);
}

static void answer(char **words)
{
	sepol_security_id_t source, target, sid = 0;
	int result;
	const char *kind = words[0];
	if (!strcmp(kind, "@load"))
		puts(load(words[1]) < 0 ? "-1" : "ok");
	else if (!strcmp(kind, "@bool"))
		puts(set_boolean(words[1], atoi(words[2])) < 0 ? "-1" : "ok");
	else if (!strcmp(kind, "@write"))
		puts(write_as(words[1], atoi(words[2])) < 0 ? "-1" : "ok");
	else if (!strcmp(kind, "@dominate"))
		puts(dominate(words[1], words[2]) < 0 ? "-1" : "ok");
	else if (!strcmp(kind, "@rules")) {
		avtab_map(&policydb.te_avtab, print_rule, NULL);
		avtab_map(&policydb.te_cond_avtab, print_rule, NULL);
		putchar('\n');
	} else if (!strcmp(kind, "validatetrans"))
		print_validatetrans(words);
	else if (!strcmp(kind, "fsuse"))
		print_fsuse(words[1]);
	else if (!strcmp(kind, "context")) {
		result = sid_of(words[1], &sid);
		print_sid(result, sid);
	} else if (!strcmp(kind, "user")) {
		if (sid_of(words[1], &source) < 0)
			puts("refused");
		else
			print_user(source, words[2]);
	} else if (strcmp(kind, "access") && strcmp(kind, "create") && strcmp(kind, "member") && strcmp(kind, "relabel") &&
		   strcmp(kind, "xperms"))
		print_object(words);
	else if (sid_of(words[1], &source) < 0 || sid_of(words[2], &target) < 0)
		puts("refused");
	else if (!strcmp(kind, "access"))
		print_access(source, target, atoi(words[3]));
	else if (!strcmp(kind, "xperms"))
		print_xperms(&policydb, sepol_sidtab_search(&sidtab, source), sepol_sidtab_search(&sidtab, target), atoi(words[3]),
			     atoi(words[4]), !strcmp(words[5], "nlmsg"));
	else {
		result = compute(kind, source, target, atoi(words[3]), &sid);
		print_sid(result, sid);
	}
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	sepol_debug(0);
	for (int count = 1; (length = getline(&line, &size, stdin)) > 0; count++) {
		char *words[8] = { 0 }, *rest = line;
		line[length - 1] = 0;
		for (int i = 0; i < 8 && rest; i++)
			words[i] = strsep(&rest, " ");
		if (count % QUESTIONS_PER_SIDTAB == 0 && loaded)
			fresh_sids();
		answer(words);
	}
	return 0;
}
