/**
 * The machine's own ACRN hypervisor, through its Linux driver. {@code hsm.md} says what the driver does; this package
 * asks it, and keeps what it cannot keep itself: the order in which a VM is taken apart.
 */
@NullMarked
package org.cupule.linux.acrn;

import org.jspecify.annotations.NullMarked;
