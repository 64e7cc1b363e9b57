package org.cupule.hv.sim;

import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.CpuExit;
import org.cupule.state.ModelState;

/**
 * The I/O requests of one vCPU: through the slot to the HSM, and the answer to the CPU ({@code hsm.md} 7.4, 7.13).
 *
 * @threading confined to the thread that runs the vCPU, or to who has quiesced it; {@link #answered}, {@link #count}
 *            and {@link #text} from any thread
 */
final class Requests {
    /** Unwinds a thread whose vCPU was taken away while it was inside the HSM. */
    static final RuntimeException TAKEN_AWAY = new TakenAway();

    private static final int GENERAL_PROTECTION = 13;
    private static final int PM1_CONTROL = 0x404;
    private static final int SLEEP_S5 = 0x3400;

    private final SimPartition vm;
    private final Vcpu vcpu;
    private final Activity activity;
    private final Presence presence;
    private final Slot slot;
    /** Whether the answer in the slot is for the CPU; else the hypervisor itself made the request. */
    private boolean forCpu;

    Requests(SimPartition vm, Vcpu vcpu, Activity activity, Presence presence) {
        this.vm = vm;
        this.vcpu = vcpu;
        this.activity = activity;
        this.presence = presence;
        this.slot = new Slot(vm, vcpu.index);
    }

    /** Sends an access to the HSM; in direct mode the answer is there on return. */
    void send(CpuExit exit, int type) {
        activity.become(Activity.IN_REQUEST);
        if (slot.post(type, exit.address, exit.size, exit.write, exit.value)) {
            forCpu = true;
            upcall();
            takeAnswer();
        } else {
            activity.become(Activity.RUNNING);
            vcpu.cpu().fault(GENERAL_PROTECTION, 0);
        }
    }

    /** ACRN's way to tell of a triple fault: the sleep request S5 at the PM1 control port ({@code hsm.md} 14.8). */
    void powerOff() {
        if (slot.post(IoRequestPage.PORTIO, PM1_CONTROL, 2, true, SLEEP_S5)) {
            activity.become(Activity.IN_REQUEST);
            upcall();
            takeAnswer();
        }
    }

    /** The call into the HSM. Who comes back from it and finds the vCPU taken away must not touch it any more. */
    private void upcall() {
        int inside = presence.enterUpcall();
        try {
            vm.upcall.request(vcpu.index);
        } finally {
            if (!presence.leaveUpcall(inside)) {
                throw TAKEN_AWAY;
            }
        }
    }

    /** Takes the answer, if it is there. @return whether it was */
    boolean takeAnswer() {
        if (!slot.complete()) {
            return false;
        }
        long value = slot.take();
        if (forCpu) {
            forCpu = false;
            activity.become(Activity.RUNNING);
            vcpu.cpu().answer(value);
        } else {
            activity.become(Activity.SHUT_DOWN);
        }
        return true;
    }

    /** {@return whether the request has been answered} */
    boolean answered() {
        return slot.complete();
    }

    /** {@return how many requests there were} */
    long count() {
        return slot.requests();
    }

    /** {@return the present request, for people} */
    String text() {
        return slot.text();
    }

    /** Adds the request that waits for its answer to a state; what it is stands in its slot and in the CPU's log. */
    void save(ModelState.Builder state) {
        state.put("requests", slot.requests()).put("forCpu", forCpu);
    }

    /** Becomes what was saved. */
    void restore(ModelState state) {
        slot.restore(state.number("requests", 0, Long.MAX_VALUE));
        forCpu = state.flag("forCpu");
    }

    /** {@return whether the slot holds a request, answered or not} */
    boolean inSlot() {
        return slot.taken();
    }

    /** {@return whether the answer is for the CPU} */
    boolean forCpu() {
        return forCpu;
    }

    /** Nobody waits for an answer any more: the CPU was reset. */
    void forget() {
        forCpu = false;
    }

    /** Without a stack trace, since one instance serves all. */
    private static final class TakenAway extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TakenAway() {
            super("the vCPU goes on on another thread", null, false, false);
        }
    }
}
