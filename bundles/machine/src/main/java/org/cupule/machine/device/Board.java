package org.cupule.machine.device;

import org.cupule.hsm.VirtualMachine;
import org.cupule.machine.memory.MemoryLayout;

/**
 * What the devices of one machine have in common.
 *
 * @threading any thread
 */
public final class Board {
    private final VirtualMachine vm;
    private final MemoryLayout layout;
    private final Requests requests;
    private final Oversight oversight;
    private final boolean deterministic;
    private final GsiLines lines;
    private final LateWork late = new LateWork();
    private final Slots slots;

    /** Makes the board of a VM that need not do the same in each run. */
    public Board(VirtualMachine vm, MemoryLayout layout, Requests requests, Oversight oversight) {
        this(vm, layout, requests, oversight, false);
    }

    /** Makes the board of a VM. */
    public Board(VirtualMachine vm, MemoryLayout layout, Requests requests, Oversight oversight,
            boolean deterministic) {
        this.deterministic = deterministic;
        this.vm = vm;
        this.layout = layout;
        this.requests = requests;
        this.oversight = oversight;
        this.lines = new GsiLines(vm.interrupts());
        this.slots = new Slots(oversight);
    }

    VirtualMachine vm() {
        return vm;
    }

    MemoryLayout layout() {
        return layout;
    }

    Requests requests() {
        return requests;
    }

    Policy policy() {
        return oversight.get();
    }

    Oversight oversight() {
        return oversight;
    }

    boolean deterministic() {
        return deterministic;
    }

    GsiLines lines() {
        return lines;
    }

    LateWork late() {
        return late;
    }

    Slots slots() {
        return slots;
    }
}
