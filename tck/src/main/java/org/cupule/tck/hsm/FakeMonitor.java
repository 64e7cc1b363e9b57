package org.cupule.tck.hsm;

import java.lang.foreign.MemorySegment;
import java.util.TreeMap;
import org.cupule.abi.HypercallIntrMonitor;
import org.cupule.hypervisor.InterruptMonitor;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Counts what a fake partition is asked to inject; a delay is remembered only.
 *
 * @threading any thread
 */
final class FakeMonitor implements InterruptMonitor {
    private final TreeMap<Integer, Long> counts = new TreeMap<>();
    private long high;

    synchronized void line(int gsi, int operation) {
        boolean rises = operation == 3 || (operation == 0 || operation == 2) && (high >> gsi & 1) == 0;
        if (operation == 0 || operation == 3) {
            high |= 1L << gsi;
        } else if (operation == 1 || operation == 2) {
            high &= ~(1L << gsi);
        }
        if (rises) {
            counts.merge(gsi, 1L, Long::sum);
        }
    }

    synchronized void message(int vector) {
        counts.merge(256 + vector, 1L, Long::sum);
    }

    @Override
    public synchronized void monitor(MemorySegment memory) {
        HypercallIntrMonitor page = new HypercallIntrMonitor(memory);
        if (page.count() < 0 || page.count() > HypercallIntrMonitor.NUMBERS || page.cmd() > 1 || page.cmd() < 0) {
            throw new HsmException(Errno.EINVAL, "fake monitor", "command " + page.cmd() + ", count " + page.count());
        }
        if (page.cmd() == HypercallIntrMonitor.GET_DATA) {
            int used = 0;
            for (var count : counts.entrySet()) {
                if (used + 2 <= page.count()) {
                    page.buffer(used++, count.getKey());
                    page.buffer(used++, count.getValue());
                }
            }
            page.count(used);
        }
    }
}
