package org.cupule.machine.device;

import java.util.function.Supplier;
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
    private final Supplier<Policy> policy;
    private final boolean deterministic;
    private final GsiLines lines;
    private final LateWork late = new LateWork();

    /** Makes the board of a VM that need not do the same in each run. */
    public Board(VirtualMachine vm, MemoryLayout layout, Requests requests, Supplier<Policy> policy) {
        this(vm, layout, requests, policy, false);
    }

    /** Makes the board of a VM. */
    public Board(VirtualMachine vm, MemoryLayout layout, Requests requests, Supplier<Policy> policy,
            boolean deterministic) {
        this.deterministic = deterministic;
        this.vm = vm;
        this.layout = layout;
        this.requests = requests;
        this.policy = policy;
        this.lines = new GsiLines(vm.interrupts());
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
        return policy.get();
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
}
