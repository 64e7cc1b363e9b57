/**
 * Verification of the processor model against the processor of the host: random user-mode code with random state runs
 * on both, and every register, flag, byte of memory and fault is compared. The host's side is
 * {@code guests/cputest/oracle.c}.
 */
@NullMarked
package org.cupule.hw.cpu.oracle;

import org.jspecify.annotations.NullMarked;
