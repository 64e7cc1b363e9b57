package org.cupule.hsm.impl.interrupt;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.cupule.abi.HypercallIntrMonitor;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.hsm.interrupt.IrqCount;
import org.cupule.hypervisor.Partition;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;

/**
 * Interrupt injection: the hypervisor checks and does it ({@code hsm.md} 10).
 *
 * @threading any thread
 */
public final class PartitionInterrupts implements Interrupts {
    private static final long PAGE_BYTES = 4096;

    private final Life life;
    private final Partition partition;
    private final Runnable before;
    private final MonitorPage kept = new MonitorPage();

    /**
     * Makes the interrupts of a VM.
     *
     * @param before
     *            run before each interrupt
     */
    public PartitionInterrupts(Life life, Partition partition, Runnable before) {
        this.life = life;
        this.partition = partition;
        this.before = before;
    }

    @Override
    public void line(int gsi, int operation) {
        life.check("line");
        before.run();
        partition.setIrqLine(gsi, operation);
    }

    @Override
    public void msi(Msi msi) {
        life.check("msi");
        before.run();
        partition.injectMsi(msi);
    }

    @Override
    public void monitor(MemorySegment page, Runnable release) {
        try {
            life.check("monitor");
            if (page.byteSize() < PAGE_BYTES || page.address() % PAGE_BYTES != 0) {
                throw new HsmException(Errno.EFAULT, "monitor",
                        "%d bytes at 0x%x are not a page".formatted(page.byteSize(), page.address()));
            }
            partition.interruptMonitor().monitor(page);
        } catch (RuntimeException | Error refused) {
            release.run();
            throw refused;
        }
        kept.keep(release);
    }

    @Override
    public List<IrqCount> counts() {
        try (Arena arena = Arena.ofConfined()) {
            HypercallIntrMonitor page = command(arena, HypercallIntrMonitor.GET_DATA, HypercallIntrMonitor.NUMBERS, 0);
            int used = Math.clamp(page.count(), 0, HypercallIntrMonitor.NUMBERS);
            List<IrqCount> counts = new ArrayList<>();
            for (int index = 0; index + 1 < used; index += 2) {
                counts.add(new IrqCount(page.buffer(index), page.buffer(index + 1)));
            }
            return counts;
        }
    }

    @Override
    public void delay(long millis) {
        if (millis < 0) {
            throw new HsmException(Errno.EINVAL, "delay", millis + " ms is not a delay");
        }
        try (Arena arena = Arena.ofConfined()) {
            command(arena, HypercallIntrMonitor.DELAY_INTERRUPTS, 1, millis);
        }
    }

    /** Carries out a command with a page of this call; the one that is kept stays. */
    private HypercallIntrMonitor command(Arena arena, int command, int count, long first) {
        life.check("monitor");
        MemorySegment memory = arena.allocate(PAGE_BYTES, PAGE_BYTES);
        HypercallIntrMonitor page = new HypercallIntrMonitor(memory);
        page.cmd(command);
        page.count(count);
        page.buffer(0, first);
        partition.interruptMonitor().monitor(memory);
        return page;
    }

    /** Releases the page that is kept: the VM is destroyed. */
    public void close() {
        kept.close();
    }
}
