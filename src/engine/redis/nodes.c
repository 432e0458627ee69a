/* SPDX-License-Identifier: Apache-2.0 */
#include "redis_priv.h"
void redis__nodes_init(struct redis_engine *e){ weir_list_init(&e->nodes); weir_list_init(&e->surveys); }
void redis__control(struct redis_engine *e, struct weir_control_request *r){ redis__answer(e,&r->base,WEIR_EUNAVAILABLE); }
void redis__survey(struct redis_engine *e, struct weir_request *r){ redis__answer(e,r,0);}
void redis__nodes_message(struct redis_partition *p, const struct weir_log_entry *entry){(void)p;(void)entry;}
void redis__nodes_tick(struct redis_partition *p, const struct weir_log_entry *entry){(void)p;(void)entry;}
void redis__nodes_housekeeping(struct redis_engine *e, uint64_t now_ms){(void)e;(void)now_ms;}
void redis__nodes_fini(struct redis_engine *e){(void)e;}
void redis__nodes_forget(struct redis_engine *e, const struct weir_namespace *ns, struct weir_str channel){(void)e;(void)ns;(void)channel;}
