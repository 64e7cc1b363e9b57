package org.cupule.hardware;

import org.cupule.types.Behaviour;

/**
 * Which processor of which machine a CPU model is.
 *
 * @param apicId
 *            initial APIC id, equal to the vCPU's index; 0 is the bootstrap processor
 * @param cpuCount
 *            how many processors the machine has
 * @param sharedMemory
 *            whether others execute in the same memory: its own machine's processors, or those of another VM; then
 *            guest loads acquire and stores release
 * @param tscHertz
 *            frequency of the time stamp counter
 * @param behaviour
 *            whose rules hold where ACRN differs from hardware
 * @threading immutable
 */
public record CpuSpec(int apicId, int cpuCount, boolean sharedMemory, long tscHertz, Behaviour behaviour) {
    /** A processor of a machine that shares its memory with no other one. */
    public CpuSpec(int apicId, int cpuCount, long tscHertz, Behaviour behaviour) {
        this(apicId, cpuCount, cpuCount > 1, tscHertz, behaviour);
    }
}
