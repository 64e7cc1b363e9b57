package org.cupule.hardware;

import org.cupule.types.Behaviour;

/**
 * Which processor of which machine a CPU model is.
 *
 * @param apicId
 *            initial APIC id, equal to the vCPU's index; 0 is the bootstrap processor
 * @param cpuCount
 *            how many processors the machine has; with more than one, guest loads acquire and stores release
 * @param tscHertz
 *            frequency of the time stamp counter
 * @param behaviour
 *            whose rules hold where ACRN differs from hardware
 * @threading immutable
 */
public record CpuSpec(int apicId, int cpuCount, long tscHertz, Behaviour behaviour) {
}
