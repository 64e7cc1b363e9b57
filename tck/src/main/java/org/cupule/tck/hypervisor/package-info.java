/**
 * Contract tests of hypervisors, with small guests of real machine code. Rows of {@code hsm.md} section 17 stand in the
 * display names.
 */
@NullMarked
package org.cupule.tck.hypervisor;

import org.jspecify.annotations.NullMarked;
