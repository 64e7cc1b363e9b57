package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_pstate_data}: what PM_GET_CPU_STATE tells of a P-state.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnPstateData extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_pstate_data", C.u64("core_frequency"), C.u64("power"),
            C.u64("transition_latency"), C.u64("bus_master_latency"), C.u64("control"), C.u64("status"));

    private static final long CORE_FREQUENCY = C.offset(LAYOUT, "core_frequency");
    private static final long POWER = C.offset(LAYOUT, "power");
    private static final long TRANSITION_LATENCY = C.offset(LAYOUT, "transition_latency");
    private static final long BUS_MASTER_LATENCY = C.offset(LAYOUT, "bus_master_latency");
    private static final long CONTROL = C.offset(LAYOUT, "control");
    private static final long STATUS = C.offset(LAYOUT, "status");

    /** Views the first bytes of a segment. */
    public AcrnPstateData(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the frequency in MHz} */
    public long coreFrequency() {
        return u64(CORE_FREQUENCY);
    }

    /** Sets the frequency in MHz. */
    public void coreFrequency(long value) {
        u64(CORE_FREQUENCY, value);
    }

    /** {@return the power in milliwatts} */
    public long power() {
        return u64(POWER);
    }

    /** Sets the power in milliwatts. */
    public void power(long value) {
        u64(POWER, value);
    }

    /** {@return the worst time of a change in microseconds} */
    public long transitionLatency() {
        return u64(TRANSITION_LATENCY);
    }

    /** Sets the worst time of a change in microseconds. */
    public void transitionLatency(long value) {
        u64(TRANSITION_LATENCY, value);
    }

    /** {@return how long masters have no memory in microseconds} */
    public long busMasterLatency() {
        return u64(BUS_MASTER_LATENCY);
    }

    /** Sets how long masters have no memory in microseconds. */
    public void busMasterLatency(long value) {
        u64(BUS_MASTER_LATENCY, value);
    }

    /** {@return the value that selects it} */
    public long control() {
        return u64(CONTROL);
    }

    /** Sets the value that selects it. */
    public void control(long value) {
        u64(CONTROL, value);
    }

    /** {@return the value that tells it is reached} */
    public long status() {
        return u64(STATUS);
    }

    /** Sets the value that tells it is reached. */
    public void status(long value) {
        u64(STATUS, value);
    }
}
