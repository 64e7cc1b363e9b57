package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_cstate_data}: what PM_GET_CPU_STATE tells of a C-state.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnCstateData extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_cstate_data",
            AcrnAcpiGenericAddress.LAYOUT.withName("cx_reg"),
            C.u8("type"), C.u32("latency"), C.u64("power"));

    private static final long REGISTER = C.offset(LAYOUT, "cx_reg");
    private static final long TYPE = C.offset(LAYOUT, "type");
    private static final long LATENCY = C.offset(LAYOUT, "latency");
    private static final long POWER = C.offset(LAYOUT, "power");

    /** Views the first bytes of a segment. */
    public AcrnCstateData(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the register that enters it} */
    public AcrnAcpiGenericAddress register() {
        return new AcrnAcpiGenericAddress(memory().asSlice(REGISTER));
    }

    /** {@return the number of the C-state} */
    public int type() {
        return u8(TYPE);
    }

    /** Sets the number of the C-state. */
    public void type(int value) {
        u8(TYPE, value);
    }

    /** {@return the worst time to leave it in microseconds} */
    public int latency() {
        return u32(LATENCY);
    }

    /** Sets the worst time to leave it in microseconds. */
    public void latency(int value) {
        u32(LATENCY, value);
    }

    /** {@return the average power in milliwatts} */
    public long power() {
        return u64(POWER);
    }

    /** Sets the average power in milliwatts. */
    public void power(long value) {
        u64(POWER, value);
    }
}
