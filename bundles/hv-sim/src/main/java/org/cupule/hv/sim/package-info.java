/**
 * A hypervisor in plain Java. {@code SimHypervisor} makes partitions of the hardware models that plug-ins offer;
 * {@code Vcpu} holds the run loop; {@code Rendezvous} is where everything that needs all vCPUs to stand still meets.
 *
 * <p>
 * Lock order: life of a partition, rendezvous, memory map, interrupt gate, timer queue. A vCPU's thread never holds one
 * of them while it is inside the guest or inside an upcall.
 */
@NullMarked
package org.cupule.hv.sim;

import org.jspecify.annotations.NullMarked;
