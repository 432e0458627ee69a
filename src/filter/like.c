#include "build_priv.h"
bool weir__like(const struct weir_program *p, const struct program_like *like, struct weir_str subject)
{
	(void)p, (void)like, (void)subject;
	weir_assert(!"no LIKE yet");
	return false;
}
