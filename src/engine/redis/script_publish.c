/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.lua: a batch of records as words of a command, and its answers. The odd case: a repeated batch's answers tell
 * less than the first ones did. Loop's thread.
 */
#include "script_priv.h"

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_script_publish(struct weir_argv *a, const struct weir_script_batch *b)
{
	weir__script_begin(a, WEIR_SCRIPT_PUBLISH, b->key);
	weir_argv_u64(a, b->generation);
	weir_argv_u64(a, b->log_max);
	weir_argv_str(a, b->pid);
	weir_argv_u64(a, b->prev_q);
	weir_argv_u64(a, b->first_q);
}

static void publish_plain(struct weir_argv *a, const struct weir_script_event *e)
{
	weir_argv_cstr(a, "p");
	weir_argv_str(a, e->channel);
	weir_argv_str(a, e->body);
}

void weir_script_event(struct weir_argv *a, const struct weir_script_event *e)
{
	if (e->history_max == 0 && e->idempotency_key.n == 0 && e->version == 0) {
		publish_plain(a, e);
		return;
	}
	weir_argv_cstr(a, "P");
	weir_argv_str(a, e->channel);
	weir_argv_str(a, e->body);
	weir_argv_u64(a, e->history_max);
	weir_argv_u64(a, weir__ttl_with_reserve(e->history_ttl_ms));
	weir_argv_u64(a, weir__ttl_with_reserve(e->meta_ttl_ms));
	weir_argv_cstr(a, e->refresh_ttl ? "1" : "0");
	weir_argv_str(a, e->new_epoch);
	weir_argv_str(a, e->idempotency_key);
	weir_argv_u64(a, weir__ttl(e->idempotency_ttl_ms));
	weir_argv_u64(a, e->version);
	weir_argv_str(a, e->version_epoch);
}

void weir_script_presence_event(struct weir_argv *a, bool join, struct weir_str body)
{
	weir_argv_cstr(a, join ? "J" : "L");
	weir_argv_str(a, body);
}

void weir_script_presence_add(
	struct weir_argv *a, struct weir_str channel, struct weir_str client, struct weir_str value, uint64_t ttl_ms)
{
	weir_argv_cstr(a, "+");
	weir_argv_str(a, channel);
	weir_argv_str(a, client);
	weir_argv_str(a, value);
	weir_argv_u64(a, weir__ttl(ttl_ms));
}

void weir_script_presence_remove(struct weir_argv *a, struct weir_str channel, struct weir_str client, bool last)
{
	weir_argv_cstr(a, "-");
	weir_argv_str(a, channel);
	weir_argv_str(a, client);
	weir_argv_cstr(a, last ? "1" : "0");
}

void weir_script_control(struct weir_argv *a, struct weir_str body)
{
	weir_argv_cstr(a, "C");
	weir_argv_str(a, body);
}

void weir_script_tick(struct weir_argv *a, struct weir_str node)
{
	weir_argv_cstr(a, "T");
	weir_argv_str(a, node);
}

void weir_script_bye(struct weir_argv *a)
{
	weir_argv_cstr(a, "B");
}

static enum weir_batch_status batch_read(struct weir_fields *f, struct weir_batch_reply *out)
{
	struct weir_str word;
	uint64_t ignored;

	if (!weir__fields_str(f, &word))
		return WEIR_BATCH_BROKEN;
	if (weir_str_is(word, "OK") && weir__fields_u64(f, &out->last_n))
		return WEIR_BATCH_APPLIED;
	if (weir_str_is(word, "DUP") && weir__fields_u64(f, &out->last_n))
		return WEIR_BATCH_REPEATED;
	if (weir_str_is(word, "GAP") && weir__fields_u64(f, &out->applied_q))
		return WEIR_BATCH_GAP;
	if (weir_str_is(word, "HEALING") && weir__fields_u64(f, &out->wait_ms))
		return WEIR_BATCH_HEALING;
	if (weir_str_is(word, "FENCED") && weir__fields_u64(f, &ignored))
		return WEIR_BATCH_FENCED;
	return WEIR_BATCH_BROKEN;
}

void weir_script_batch_reply(const struct weir_reply *reply, struct weir_batch_reply *out)
{
	struct weir_fields f;

	*out = (struct weir_batch_reply){.status = WEIR_BATCH_BROKEN};
	if (reply->type == WEIR_REPLY_ERROR) {
		out->status = WEIR_BATCH_REFUSED;
		out->error = reply->str;
	} else if (weir__fields_array(&f, reply)) {
		out->status = batch_read(&f, out);
		if (out->status == WEIR_BATCH_APPLIED || out->status == WEIR_BATCH_REPEATED) {
			out->at = f.at;
			out->left = f.left;
		}
	}
}

/* s:epoch, and for a record that is done :n */
static bool record_place(struct weir_str rest, bool with_n, struct weir_record_reply *out)
{
	struct weir_str offset = weir_str_cut(&rest, ':'), epoch;

	if (!rest.p || weir_str_u64(offset, &out->offset))
		return false;
	epoch = weir_str_cut(&rest, ':');
	if (!weir__epoch_copy(out->epoch, epoch))
		return false;
	return with_n ? rest.p && weir_str_u64(rest, &out->n) == 0 : !rest.p;
}

bool weir_script_record_reply(struct weir_batch_reply *b, struct weir_record_reply *out)
{
	struct weir_fields f = {b->at, b->left};
	struct weir_str word, kind;
	bool good;

	*out = (struct weir_record_reply){.status = WEIR_RECORD_DONE};
	if (!weir__fields_str(&f, &word) || word.n == 0)
		return false;
	b->at = f.at;
	b->left = f.left;
	kind = weir_str_cut(&word, ':');
	if (weir_str_is(kind, "P")) {
		good = word.p && record_place(word, true, out);
	} else if (weir_str_is(kind, "D")) {
		out->status = WEIR_RECORD_DUPLICATE;
		good = word.p && record_place(word, false, out);
	} else if (weir_str_is(kind, "V")) {
		out->status = WEIR_RECORD_SUPPRESSED;
		good = word.p && record_place(word, false, out);
	} else if (weir_str_is(kind, "R")) {
		out->status = WEIR_RECORD_REPEATED;
		good = !word.p;
	} else {
		out->status = WEIR_RECORD_FAILED;
		out->error = word;
		good = weir_str_is(kind, "X") && word.p;
	}
	return good;
}
