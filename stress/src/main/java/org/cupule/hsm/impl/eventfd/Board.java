package org.cupule.hsm.impl.eventfd;

import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.host.EventFd;
import org.cupule.host.LocalEventFd;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition;
import org.cupule.types.Msi;

/** The irqfds of a VM whose hypervisor only counts injections, and a counter. */
final class Board {
    static final Msi MESSAGE = new Msi(0xFEE0_0000L, 0x41);
    private static final HypervisorInfo INFO = new HypervisorInfo("race", "1", "counts", SlotProtocol.RAW, Set.of(), 1);

    final AtomicInteger injected = new AtomicInteger();
    final EventFd counter = LocalEventFd.create(0);
    final IrqFds irqFds;

    Board() {
        irqFds = new IrqFds(msi -> injected.incrementAndGet(), new Offload(INFO, nobody()));
    }

    /** {@return a partition that is never called, since nothing is offloaded} */
    private static Partition nobody() {
        return (Partition) Proxy.newProxyInstance(Board.class.getClassLoader(), new Class<?>[]{Partition.class},
                (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
    }
}
