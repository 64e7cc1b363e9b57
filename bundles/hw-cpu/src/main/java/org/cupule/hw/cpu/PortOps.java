package org.cupule.hw.cpu;

import org.cupule.hardware.CpuExit;

/**
 * IN and OUT. Source: SDM volume 1, "I/O Port Addressing" and "Protected-Mode I/O".
 *
 * @threading confined to its CPU
 */
final class PortOps {
    private final Processor cpu;
    private final Registers state;
    private final TaskOps tasks;

    PortOps(Processor cpu, TaskOps tasks) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.tasks = tasks;
    }

    void require(int port, int size) {
        tasks.requirePort(port, size);
    }

    long read(int port, int size) {
        cpu.mmu.breakpoints.port(port, size);
        return cpu.log.access(CpuExit.PORT, port, size, false, 0);
    }

    void write(int port, int size, long value) {
        cpu.mmu.breakpoints.port(port, size);
        cpu.log.access(CpuExit.PORT, port, size, true, value);
    }

    private int port(Op op) {
        return op.kind == 1 ? (int) op.imm & 0xFF : (int) state.r[Registers.RDX] & 0xFFFF;
    }

    private static int size(Op op) {
        return Math.min(op.size, 4);
    }

    void in(Op op) {
        int size = size(op);
        int port = port(op);
        require(port, size);
        cpu.mmu.breakpoints.port(port, size);
        if (cpu.log.answered()) {
            state.set(Registers.RAX, size, cpu.log.next());
        } else {
            cpu.log.request(CpuExit.PORT, port, size, false, 0);
            cpu.outAgain();
        }
    }

    void out(Op op) {
        int size = size(op);
        int port = port(op);
        require(port, size);
        cpu.mmu.breakpoints.port(port, size);
        if (cpu.log.answered()) {
            cpu.log.next();
        } else {
            cpu.log.request(CpuExit.PORT, port, size, true, state.get(Registers.RAX, size));
            cpu.outAgain();
        }
    }
}
