package org.cupule.hv.sim;

import org.cupule.state.ModelState;

/**
 * What one vCPU knows of interrupts that it has not taken yet, beyond its local APIC: the choice of the next one, and
 * the wish to be told when it can be taken.
 *
 * @threading confined to the thread that runs the vCPU, or to who has quiesced it
 */
final class Interrupts {
    /** An NMI that cannot be taken yet is tried again after this many instructions: no exit tells of its window. */
    static final long NMI_RETRY = 500;

    private final Vcpu vcpu;
    private final InterruptFabric fabric;
    private boolean changed = true;
    private boolean windowWanted;
    private boolean nmiPending;
    private boolean extIntPending;

    Interrupts(Vcpu vcpu, InterruptFabric fabric) {
        this.vcpu = vcpu;
        this.fabric = fabric;
    }

    /** Something happened after which another interrupt may be due. */
    void change() {
        changed = true;
    }

    /** {@return whether something happened since the last {@link #deliver}} */
    boolean changed() {
        return changed;
    }

    /** {@return whether {@link #deliver} has something to look at} */
    boolean due() {
        return changed || nmiPending;
    }

    /** The CPU has told of the window: the wish is granted, and taken back, whether or not the model forgets it. */
    void windowOpened() {
        window(false);
        changed = true;
    }

    /** {@return whether an NMI waits that the CPU could not take} */
    boolean nmiWaits() {
        return nmiPending;
    }

    /** Takes signals of {@link Inbox}. */
    void signal(int signals) {
        nmiPending |= (signals & Inbox.NMI) != 0;
        extIntPending |= (signals & Inbox.EXTINT) != 0;
        changed = true;
    }

    /**
     * Gives the CPU the most urgent interrupt that it can take now, or asks to be told when it can.
     *
     * @return whether it was given one: a halted CPU goes on then
     */
    boolean deliver() {
        changed = false;
        // While an NMI is blocked, this is tried again: the guest is entered for a few instructions only.
        boolean given = deliverNmi();
        boolean external = external();
        if (external || vcpu.lapic().pending() >= 0) {
            return deliverVector(external) || given;
        }
        window(false);
        return given;
    }

    private boolean deliverNmi() {
        if (!nmiPending || !vcpu.cpu().nmiAllowed()) {
            return false;
        }
        nmiPending = false;
        vcpu.cpu().nmi();
        return true;
    }

    /** The 8259 pair's interrupt goes first: it is no message that could wait in an IRR. */
    private boolean external() {
        if (!fabric.intr()) {
            extIntPending = false;
            return false;
        }
        return extIntPending || vcpu.lapic().passesExtInt();
    }

    private boolean deliverVector(boolean external) {
        if (!vcpu.cpu().interruptible()) {
            window(true);
            return false;
        }
        int vector = external ? fabric.acknowledge() : vcpu.lapic().acknowledge();
        if (vector >= 0) {
            vcpu.cpu().interrupt(vector);
        }
        window(external() || vcpu.lapic().pending() >= 0);
        return vector >= 0;
    }

    private void window(boolean wanted) {
        if (wanted != windowWanted) {
            windowWanted = wanted;
            vcpu.cpu().window(wanted);
        }
    }

    /** Adds what waits here to a state. */
    void save(ModelState.Builder state) {
        state.put("nmi", nmiPending).put("extInt", extIntPending);
    }

    /** Becomes what was saved; looks anew for what is due. */
    void restore(ModelState state) {
        nmiPending = state.flag("nmi");
        extIntPending = state.flag("extInt");
        refit();
    }

    /** Forgets what has not been taken: the CPU was reset. */
    void forget() {
        nmiPending = false;
        extIntPending = false;
        refit();
    }

    /** The CPU or the local APIC is another one, or in another state: neither knows of an earlier wish. */
    void refit() {
        windowWanted = false;
        vcpu.cpu().window(false);
        changed = true;
    }
}
