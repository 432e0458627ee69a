#include "run_priv.h"
void weir__run_call(struct run *run, unsigned function, unsigned arity)
{
	(void)run, (void)function, (void)arity;
	weir_assert(!"no functions yet");
}
