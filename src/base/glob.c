/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Globs. A '*' is retried in a loop, only the last one seen, which is enough; an alternative {a,b} is tried by a call
 * whose `after` says what follows the brace. A malformed pattern matches nothing, nor does one that needs too many
 * steps or more than GLOB_BRACES braces on one way through. Pure, any thread.
 */
#include "weir/base/glob.h"

#define GLOB_STEPS  100000
#define GLOB_BRACES 64

/* A piece of the pattern that is still to be matched, and what comes after it. */
struct glob_part {
	const char *p, *end;
	const struct glob_part *after;
};

struct glob_run {
	const char *text_end;
	unsigned steps, braces;
	bool broken; /* malformed, or out of steps: no way can match */
};

static bool glob_step(struct glob_run *run)
{
	if (++run->steps > GLOB_STEPS)
		run->broken = true;
	return !run->broken;
}

/* Does the class at p ("[…]") hold c? Sets *next behind it; NULL if it is malformed. */
static bool glob_class(struct glob_run *run, const char *p, const char *end, unsigned char c, const char **next)
{
	bool negated = false, found = false;

	*next = NULL;
	if (++p < end && *p == '!') {
		negated = true;
		p++;
	}
	if (p == end || *p == ']')
		return false;
	while (p < end && *p != ']' && glob_step(run)) {
		unsigned char low, high;

		if (*p == '\\' && ++p == end)
			return false;
		low = high = (unsigned char)*p++;
		if (end - p >= 2 && p[0] == '-' && p[1] != ']') {
			p++;
			if (*p == '\\' && ++p == end)
				return false;
			high = (unsigned char)*p++;
		}
		found = found || (c >= low && c <= high);
	}
	if (p == end || run->broken)
		return false;
	*next = p + 1;
	return found != negated;
}

/* The end of the alternative that begins at p: its ',' or the closing '}'. NULL if there is none. */
static const char *glob_alternative_end(struct glob_run *run, const char *p, const char *end)
{
	unsigned depth = 0;

	for (; p < end && glob_step(run); p++) {
		if (*p == '\\') {
			p++;
		} else if (*p == '[') {
			const char *next;

			glob_class(run, p, end, 0, &next);
			if (!next)
				return NULL;
			p = next - 1;
		} else if (*p == '{') {
			depth++;
		} else if (depth == 0 && (*p == ',' || *p == '}')) {
			return p;
		} else if (*p == '}') {
			depth--;
		}
	}
	return NULL;
}

static bool glob_match(struct glob_run *run, struct glob_part at, const char *text);

/* Tries each alternative of the brace at `at.p`, followed by what stands behind the brace. */
static bool glob_brace(struct glob_run *run, struct glob_part at, const char *text)
{
	struct glob_part rest = {.end = at.end, .after = at.after};
	const char *p, *stop;
	bool matched = false;

	if (++run->braces > GLOB_BRACES) {
		run->broken = true;
		return false;
	}
	for (p = at.p + 1; (p = glob_alternative_end(run, p, at.end)) && *p == ','; p++)
		;
	if (!p) {
		run->broken = true;
		return false;
	}
	rest.p = p + 1;
	for (p = at.p + 1; !matched && !run->broken; p = stop + 1) {
		stop = glob_alternative_end(run, p, at.end);
		if (!stop)
			break;
		matched = glob_match(run, (struct glob_part){p, stop, &rest}, text);
		if (*stop == '}')
			break;
	}
	run->braces--;
	return matched;
}

/* Matches one character that is neither '*' nor a brace. Returns what follows in the pattern, NULL if it does not
 * match. */
static const char *glob_one(struct glob_run *run, const char *p, const char *end, const char *text)
{
	const char *next;
	bool found;

	switch (*p) {
	case '[':
		found = glob_class(run, p, end, text < run->text_end ? (unsigned char)*text : 0, &next);
		if (!next)
			run->broken = true;
		return found && text < run->text_end ? next : NULL;
	case '\\':
		if (p + 1 == end) {
			run->broken = true;
			return NULL;
		}
		p++;
		break;
	case '?':
		return text < run->text_end ? p + 1 : NULL;
	default:
		break;
	}
	return text < run->text_end && *text == *p ? p + 1 : NULL;
}

static bool glob_match(struct glob_run *run, struct glob_part at, const char *text)
{
	struct glob_part star = {0};
	const char *star_text = NULL;

	while (glob_step(run)) {
		if (at.p == at.end) {
			if (at.after) {
				at = *at.after;
				continue;
			}
			if (text == run->text_end)
				return true;
		} else if (*at.p == '*') {
			at.p++;
			star = at;
			star_text = text;
			continue;
		} else if (*at.p == '{') {
			if (glob_brace(run, at, text))
				return true;
		} else {
			const char *next = glob_one(run, at.p, at.end, text);

			if (next) {
				at.p = next;
				text++;
				continue;
			}
		}
		if (!star_text || star_text == run->text_end)
			return false;
		at = star;
		text = ++star_text;
	}
	return false;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir_glob_match(struct weir_str pattern, struct weir_str text)
{
	const char *p = pattern.p ? pattern.p : "", *t = text.p ? text.p : "";
	struct glob_run run = {.text_end = t + text.n};

	return glob_match(&run, (struct glob_part){p, p + pattern.n, NULL}, t);
}
