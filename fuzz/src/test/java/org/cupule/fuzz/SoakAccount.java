package org.cupule.fuzz;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoHandler;

/**
 * What the host has served of one life of a guest, whichever client did: each number of each vCPU once, in order.
 *
 * @threading any thread; each vCPU has one request at a time
 */
final class SoakAccount {
    private static final int NUMBER = (1 << SoakGuest.EPOCH_BITS) - 1;

    /** What a faulty client throws: without a stack, which nobody wants to see so often. */
    private static final class Wanted extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wanted() {
            super("as the soak wants", null, false, false);
        }
    }

    final AtomicLong writes = new AtomicLong();
    final AtomicLong reads = new AtomicLong();
    final AtomicLong ones = new AtomicLong();
    final AtomicLong doorbells = new AtomicLong();
    final List<String> wrong = new CopyOnWriteArrayList<>();

    private final int epoch;
    private final long[] last = new long[SoakGuest.VCPUS];
    private final long[] lastRead = new long[SoakGuest.VCPUS];

    SoakAccount(int epoch) {
        this.epoch = epoch;
    }

    /** {@return the handler of a client; a faulty one fails on each read} */
    IoHandler handler(boolean faulty) {
        return access -> access.write() ? written(access) : read(access, faulty);
    }

    private synchronized long written(IoAccess access) {
        long number = access.value() & NUMBER;
        int vcpu = access.vcpu();
        if (access.value() >>> SoakGuest.EPOCH_BITS != epoch) {
            wrong.add("vCPU %d wrote 0x%x in epoch %d".formatted(vcpu, access.value(), epoch));
        } else if (access.address() == SoakGuest.DOORBELL) {
            doorbells.incrementAndGet();
        } else if (number != last[vcpu] + 1) {
            wrong.add("vCPU %d wrote %d after %d".formatted(vcpu, number, last[vcpu]));
        } else {
            last[vcpu] = number;
            writes.incrementAndGet();
        }
        return 0;
    }

    private synchronized long read(IoAccess access, boolean faulty) {
        int vcpu = access.vcpu();
        if (lastRead[vcpu] != last[vcpu]) { // else it is tried again, by this client or by another one
            lastRead[vcpu] = last[vcpu];
            reads.incrementAndGet();
        }
        if (faulty) {
            ones.incrementAndGet();
            throw new Wanted();
        }
        return (long) epoch << SoakGuest.EPOCH_BITS | last[vcpu];
    }
}
