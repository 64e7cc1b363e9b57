package org.cupule.hv.sim;

import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * State kind {@code sim-vcpu}, version 1: what the hypervisor knows of a vCPU beyond its CPU and its local APIC.
 *
 * <pre>
 *  activity      as in {@link Activity}
 *  exclusive     exit of an instruction with a split lock that was executed and not looked at, or -1
 *  adjustment    of the time stamp counter, when it was looked at last
 *  signals words startVector     the inbox
 *  nmi extInt    taken out of the inbox, not delivered
 *  requests forCpu     I/O requests so far; whether the present one's answer is for the CPU
 * </pre>
 *
 * @param activity
 *            one of {@link Activity}
 * @param exclusive
 *            an exit or -1
 * @param adjustment
 *            ticks
 * @threading immutable
 */
record SavedVcpu(int activity, int exclusive, long adjustment) {
    private static final String KIND = "sim-vcpu";

    static ModelState save(SavedVcpu vcpu, Inbox inbox, Interrupts interrupts, Requests requests) {
        var state = ModelState.of(KIND, 1).put("activity", vcpu.activity).put("exclusive", vcpu.exclusive)
                .put("adjustment", vcpu.adjustment);
        inbox.save(state);
        interrupts.save(state);
        requests.save(state);
        return state.build();
    }

    static SavedVcpu restore(ModelState state, Inbox inbox, Interrupts interrupts, Requests requests, int lastExit) {
        if (!state.kind().equals(KIND) || state.version() != 1) {
            throw new StateException("'%s' version %d is no vCPU of this hypervisor, which reads '%s' version 1"
                    .formatted(state.kind(), state.version(), KIND));
        }
        inbox.restore(state);
        interrupts.restore(state);
        requests.restore(state);
        return new SavedVcpu((int) state.number("activity", Activity.RUNNING, Activity.OFFLINE),
                (int) state.number("exclusive", -1, lastExit), state.number("adjustment"));
    }
}
