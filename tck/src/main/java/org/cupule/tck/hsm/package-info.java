/**
 * Contract tests of the HSM's topics, and a hypervisor under the test's control. Rows of {@code hsm.md} section 17
 * stand in the display names.
 */
@NullMarked
package org.cupule.tck.hsm;

import org.jspecify.annotations.NullMarked;
