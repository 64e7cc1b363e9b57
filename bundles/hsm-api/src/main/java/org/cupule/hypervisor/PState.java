package org.cupule.hypervisor;

/**
 * A performance state of a processor: {@code struct acrn_pstate_data} ({@code hsm.md} 2.5); ACPI, "_PSS".
 *
 * @param frequencyMegahertz
 *            the frequency
 * @param powerMilliwatts
 *            what the processor takes in it
 * @param latencyMicros
 *            how long the change takes
 * @param busMasterLatencyMicros
 *            how long bus masters wait during the change
 * @param control
 *            what is written to enter it
 * @param status
 *            what is read in it
 * @threading immutable
 */
public record PState(long frequencyMegahertz, long powerMilliwatts, long latencyMicros, long busMasterLatencyMicros,
        long control, long status) {
}
