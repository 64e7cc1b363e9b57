package org.cupule.hw.cpu;

/**
 * What an MMX or SSE instruction does.
 *
 * @threading immutable
 */
@FunctionalInterface
interface SimdAction {
    /** Executes it. Registers change only when all accesses have been made. */
    void execute(SimdOps at, Op op);
}
