package org.cupule.hypervisor;

/**
 * An idle state of a processor: {@code struct acrn_cstate_data} ({@code hsm.md} 2.5); ACPI, "_CST".
 *
 * @param register
 *            what is read or executed to enter it
 * @param type
 *            1 C1, 2 C2, 3 C3; 8 bits
 * @param latencyMicros
 *            the worst time to leave it, 32 bits
 * @param powerMilliwatts
 *            what the processor takes in it
 * @threading immutable
 */
public record CState(Register register, int type, int latencyMicros, long powerMilliwatts) {
    /**
     * A register as ACPI names it ("Generic Address Structure").
     *
     * @param space
     *            0 memory, 1 I/O ports, 0x7F functional fixed hardware; 8 bits
     * @param bitWidth
     *            width in bits, 8 bits
     * @param bitOffset
     *            first bit, 8 bits
     * @param accessSize
     *            1 byte, 2 word, 3 dword, 4 qword; 8 bits
     * @param address
     *            where it is
     * @threading immutable
     */
    public record Register(int space, int bitWidth, int bitOffset, int accessSize, long address) {
    }
}
