/**
 * Devices of the host and devices of the hypervisor in partitions: which function is where, its configuration space,
 * where its regions lie, how its interrupts reach the guest. See {@code docs/topic/passthrough.md}.
 */
@NullMarked
package org.cupule.hv.sim.passthrough;

import org.jspecify.annotations.NullMarked;
