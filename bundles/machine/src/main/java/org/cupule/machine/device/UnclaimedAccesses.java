package org.cupule.machine.device;

import java.util.concurrent.atomic.AtomicLongArray;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers accesses that no device claims, as a bus does whose lines nobody drives: all ones, and writes go nowhere.
 * Each port, and each page of memory, is logged once, with the vCPU's RIP and a hint who usually lives there.
 *
 * @threading any thread
 */
final class UnclaimedAccesses {
    private static final Logger LOG = LoggerFactory.getLogger(UnclaimedAccesses.class);
    private static final long FLOAT = -1;
    private static final int MOST_PAGES = 512;
    private static final int TABLE = 2 * MOST_PAGES;

    private final VirtualMachine vm;
    private final AtomicLongArray ports = new AtomicLongArray(0x1_0000 / Long.SIZE);
    /** Page numbers plus one, by their hash; 0 is free. Entries are only added, so a plain look finds or misses one. */
    private final long[] pages = new long[TABLE];
    private int pageCount;

    UnclaimedAccesses(VirtualMachine vm) {
        this.vm = vm;
    }

    long answer(IoAccess access) {
        boolean port = access.type() == IoRequestPage.PORTIO;
        if (port ? newPort((int) access.address() & 0xFFFF) : newPage(access.address() >>> 12)) {
            report(access, port);
        }
        return FLOAT;
    }

    private boolean newPort(int port) {
        long bit = 1L << port;
        int word = port / Long.SIZE;
        return (ports.getPlain(word) & bit) == 0 && (ports.getAndAccumulate(word, bit, (a, b) -> a | b) & bit) == 0;
    }

    private boolean newPage(long page) {
        for (int i = slot(page);; i = (i + 1) % TABLE) {
            if (pages[i] == page + 1) {
                return false;
            }
            if (pages[i] == 0) {
                return add(page);
            }
        }
    }

    private synchronized boolean add(long page) {
        int i = slot(page);
        while (pages[i] != 0 && pages[i] != page + 1) {
            i = (i + 1) % TABLE;
        }
        if (pages[i] != 0 || pageCount == MOST_PAGES) {
            return false;
        }
        pages[i] = page + 1;
        pageCount++;
        return true;
    }

    private static int slot(long page) {
        return (int) ((page * 0x9E37_79B9_7F4A_7C15L) >>> 40) % TABLE;
    }

    private void report(IoAccess access, boolean port) {
        LOG.info("{}: nobody answers the {} of {} bytes at {} 0x{}, {}; RIP {}", vm.name(),
                access.write() ? "write" : "read", access.size(), port ? "port" : "memory",
                Long.toHexString(access.address()), KnownPlaces.hint(port, access.address()), rip(access.vcpu()));
    }

    private String rip(int vcpu) {
        try {
            Long rip = vm.registers(vcpu).get("RIP");
            return rip == null ? "unknown" : "0x" + Long.toHexString(rip);
        } catch (HsmException e) {
            return "unknown";
        }
    }
}
