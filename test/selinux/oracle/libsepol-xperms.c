/*
 * Extended permissions over libsepol's policy database: libsepol has no function for them, so its rules are walked as the kernel does.
 */
#include "libsepol-xperms.h"
#include <sepol/policydb/avtab.h>
#include <sepol/policydb/conditional.h>
#include <stdio.h>

struct xperms {
	int any;
	unsigned int bits[3][8];
};

static void add_rules(struct xperms *result, policydb_t *policy, avtab_key_t *key, int conditional, int driver, int netlink)
{
	int early = !netlink && policy->policyvers < POLICYDB_VERSION_COND_XPERMS; /* Linux 6.12: see xperms.ts */
	static const int kinds[] = { AVTAB_XPERMS_ALLOWED, AVTAB_XPERMS_AUDITALLOW, AVTAB_XPERMS_DONTAUDIT };
	for (int kind = 0; kind < 3; kind++) {
		key->specified = kinds[kind];
		avtab_ptr_t node = avtab_search_node(conditional ? &policy->te_cond_avtab : &policy->te_avtab, key);
		for (; node; node = avtab_search_node_next(node, kinds[kind])) {
			avtab_extended_perms_t *rule = node->datum.xperms;
			int about_netlink = rule->specified == AVTAB_XPERMS_NLMSG;
			if ((conditional && !(node->key.specified & AVTAB_ENABLED)) || (about_netlink != netlink && !early))
				continue;
			result->any = 1;
			if (about_netlink != netlink || (conditional && early))
				continue;
			for (int i = 0; i < 8; i++) {
				if (rule->specified != AVTAB_XPERMS_IOCTLDRIVER)
					result->bits[kind][i] |= rule->driver == driver ? rule->perms[i] : 0;
				else if (rule->perms[driver >> 5] & (1U << (driver & 31)))
					result->bits[kind][i] = 0xffffffff;
			}
		}
	}
}

void print_xperms(policydb_t *policy, context_struct_t *s, context_struct_t *t, int class, int driver, int netlink)
{
	ebitmap_node_t *snode, *tnode;
	unsigned int i, j;
	struct xperms result = { 0 };
	avtab_key_t key = { .target_class = class };
	ebitmap_for_each_positive_bit(&policy->type_attr_map[s->type - 1], snode, i)
	{
		ebitmap_for_each_positive_bit(&policy->type_attr_map[t->type - 1], tnode, j)
		{
			key.source_type = i + 1;
			key.target_type = j + 1;
			add_rules(&result, policy, &key, 0, driver, netlink);
			add_rules(&result, policy, &key, 1, driver, netlink);
		}
	}
	if (!result.any) {
		puts("none");
		return;
	}
	for (int kind = 0; kind < 3; kind++) {
		for (int word = 0; word < 8; word++)
			printf("%08x", result.bits[kind][word]);
		putchar(kind < 2 ? ' ' : '\n');
	}
}
