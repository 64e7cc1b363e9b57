package org.cupule.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Somebody who shares a blocking eventfd and fills and empties it all the time makes nobody wait. */
@Timeout(180)
class HostileEventFdTest {
    private static final Host HOST = new LinuxHost();
    private static final int ROUNDS = 20_000;

    @Test
    void signalsNeverWaitForWhoFillsTheCounter() throws InterruptedException {
        try (LinuxDescriptor blocking = new LinuxDescriptor((int) Libc.eventfd(0, Libc.EFD_CLOEXEC));
                EventFd counter = HOST.eventFd(blocking);
                EventFd.Signaller signaller = counter.signaller();
                Arena arena = Arena.ofShared()) {
            MemorySegment most = arena.allocateFrom(ValueLayout.JAVA_LONG, EventFd.MAX);
            MemorySegment read = arena.allocate(ValueLayout.JAVA_LONG);
            Thread filler = Thread.ofPlatform().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    Libc.readWithoutWaiting(blocking.fd(), read);
                    if (Libc.poll(blocking.fd(), Libc.POLLIN) == 0) {
                        Libc.quietWrite(blocking.fd(), most);
                    }
                }
            });
            for (int round = 0; round < ROUNDS; round++) {
                signaller.signal();
            }
            filler.interrupt();
            while (filler.isAlive()) {
                counter.take(); // it may wait itself
            }
            counter.take();
            signaller.signal();

            assertThat(counter.take()).isEqualTo(1);
        }
    }

    @Test
    void aCounterThatWasFilledGivesTheHighestCount() {
        try (LinuxDescriptor blocking = new LinuxDescriptor((int) Libc.eventfd(0, Libc.EFD_CLOEXEC));
                EventFd counter = HOST.eventFd(blocking)) {
            counter.add(EventFd.MAX);
            counter.signal();
            counter.signal();

            assertThat(counter.take()).isEqualTo(EventFd.MAX);
            counter.signal();
            assertThat(counter.take()).isEqualTo(1);
        }
    }

    @Test
    void theKernelSignalsWhereItCan() {
        try (LinuxDescriptor blocking = new LinuxDescriptor((int) Libc.eventfd(0, Libc.EFD_CLOEXEC))) {
            AioSignal.of(blocking.fd()).ifPresent(signal -> assertThat(signal.signal()).isTrue());
        }
    }
}
