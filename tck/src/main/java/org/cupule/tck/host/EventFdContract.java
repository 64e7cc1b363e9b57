package org.cupule.tck.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.host.EventFd;
import org.cupule.host.EventSubscription;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an event counter is, whoever makes it: eventfd(2), and who listens to it. */
public abstract class EventFdContract {
    private static final int THREADS = 4;
    private static final int SIGNALS = 5_000;

    private final List<EventFd> made = new ArrayList<>();

    /** Only a contract. */
    protected EventFdContract() {
    }

    /** {@return a handle of a new counter} */
    protected abstract EventFd create(int initial);

    /** {@return a new counter that the test need not close} */
    protected final EventFd counter(int initial) {
        EventFd counter = create(initial);
        made.add(counter);
        return counter;
    }

    /** Closes what was made. */
    @AfterEach
    protected final void closeAll() {
        made.forEach(EventFd::close);
    }

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(HsmException.class).isThrownBy(call).extracting(HsmException::errno)
                .isEqualTo(errno);
    }

    /** Hears and counts. */
    private static final class Ear implements EventFd.Listener {
        final AtomicInteger heard = new AtomicInteger();
        final AtomicInteger hangUps = new AtomicInteger();

        @Override
        public void signalled() {
            heard.incrementAndGet();
        }

        @Override
        public void hungUp() {
            hangUps.incrementAndGet();
        }

        void awaitHeard(int count) {
            Soon.await(count + " signals are heard, not " + heard, () -> heard.get() == count);
        }
    }

    @Test
    void takeGivesTheSumAndZeroesTheCount() {
        EventFd counter = counter(3);
        counter.add(4);
        counter.signal();

        assertThat(counter.take()).isEqualTo(8);
        assertThat(counter.take()).isZero();
    }

    @Test
    void theHighestCountIsReachedButNotExceeded() {
        EventFd counter = counter(0);
        counter.add(EventFd.MAX - 1);
        assertErrno(Errno.EAGAIN, () -> counter.add(2));
        counter.add(1);
        assertErrno(Errno.EAGAIN, () -> counter.add(1));

        assertThat(counter.take()).isEqualTo(EventFd.MAX);
    }

    @Test
    void theNumberAboveTheHighestCountIsInvalid() {
        assertErrno(Errno.EINVAL, () -> counter(0).add(-1));
    }

    @Test
    void addingNothingIsAllowed() {
        EventFd counter = counter(5);
        counter.add(0);

        assertThat(counter.take()).isEqualTo(5);
    }

    @Test
    void signalStaysAtTheHighestCount() {
        EventFd counter = counter(0);
        counter.add(EventFd.MAX);
        counter.signal();
        try (EventFd.Signaller signaller = counter.signaller()) {
            signaller.signal();
        }

        assertThat(counter.take()).isEqualTo(EventFd.MAX);
    }

    @Test
    void noSignalOfManyThreadsIsLost() throws InterruptedException {
        EventFd counter = counter(0);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < SIGNALS; n++) {
                    counter.signal();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(counter.take()).isEqualTo(THREADS * SIGNALS);
    }

    @Test
    void eachSignalIsHeardWithoutAnyRead() {
        EventFd counter = counter(0);
        Ear ear = new Ear();
        try (EventSubscription listening = counter.listen(ear)) {
            for (int signal = 1; signal <= 100; signal++) {
                counter.signal();
                ear.awaitHeard(signal);
            }
        }

        assertThat(counter.take()).isEqualTo(100);
    }

    @Test
    void aCountThatIsThereIsHeardOnce() {
        EventFd counter = counter(7);
        Ear ear = new Ear();
        try (EventSubscription listening = counter.listen(ear)) {
            ear.awaitHeard(1);
            counter.signal();
            ear.awaitHeard(2);
        }

        assertThat(counter.take()).isEqualTo(8);
    }

    @Test
    void allListenersHear() {
        EventFd counter = counter(0);
        Ear first = new Ear();
        Ear second = new Ear();
        try (EventSubscription one = counter.listen(first); EventSubscription two = counter.listen(second)) {
            counter.signal();
            first.awaitHeard(1);
            second.awaitHeard(1);
        }
    }

    @Test
    void aListenerThatComesLaterIsNoSignalToTheOthers() {
        EventFd counter = counter(1);
        Ear first = new Ear();
        Ear second = new Ear();
        try (EventSubscription one = counter.listen(first)) {
            first.awaitHeard(1);
            try (EventSubscription two = counter.listen(second)) {
                second.awaitHeard(1);
                counter.signal();
                second.awaitHeard(2);
                first.awaitHeard(2);
            }
        }
    }

    @Test
    void aClosedSubscriptionHearsNothing() {
        EventFd counter = counter(0);
        Ear gone = new Ear();
        Ear there = new Ear();
        counter.listen(gone).close();
        try (EventSubscription listening = counter.listen(there)) {
            counter.signal();
            there.awaitHeard(1);
        }

        assertThat(gone.heard).hasValue(0);
    }

    @Test
    void closeWaitsForTheListenerInside() throws InterruptedException {
        EventFd counter = counter(0);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        AtomicInteger left = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger(-1);
        EventSubscription listening = counter.listen(() -> {
            inside.countDown();
            awaitQuietly(leave);
            left.set(1);
        });
        Thread signaller = Thread.ofPlatform().start(counter::signal);
        awaitQuietly(inside);
        Thread closer = Thread.ofPlatform().start(() -> {
            listening.close();
            seen.set(left.get());
        });
        Soon.await("the closing thread waits", () -> closer.getState() == Thread.State.TIMED_WAITING);
        leave.countDown();
        signaller.join();
        closer.join();

        assertThat(seen).hasValue(1);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Test
    void aListenerMayCloseItself() {
        EventFd counter = counter(0);
        AtomicReference<EventSubscription> listening = new AtomicReference<>();
        AtomicInteger closed = new AtomicInteger();
        listening.set(counter.listen(() -> {
            listening.get().close();
            closed.incrementAndGet();
        }));
        counter.signal();
        Soon.await("the listener has closed itself", () -> closed.get() == 1);
        Ear after = new Ear();
        try (EventSubscription other = counter.listen(after)) {
            after.awaitHeard(1);
            counter.signal();
            after.awaitHeard(2);
        }

        assertThat(closed).hasValue(1);
    }

    @Test
    void whatAListenerThrowsDoesNotReachTheOneWhoSignals() {
        EventFd counter = counter(0);
        Ear other = new Ear();
        try (EventSubscription bad = counter.listen(() -> {
            throw new IllegalStateException("on purpose");
        }); EventSubscription good = counter.listen(other)) {
            counter.signal();
            other.awaitHeard(1);
        }
    }

    @Test
    void theEndOfTheLastHandleHangsUpOnce() {
        EventFd counter = counter(0);
        EventFd second = counter.duplicate();
        Ear ear = new Ear();
        try (EventSubscription listening = counter.listen(ear)) {
            counter.close();
            assertThat(ear.hangUps).hasValue(0);
            second.close();
            second.close();
            Soon.await("the listener hears the hang-up", () -> ear.hangUps.get() == 1);

            assertThat(listening.ended()).isTrue();
        }
        assertThat(ear.hangUps).hasValue(1);
    }

    @Test
    void theHangUpCanBeHeardAlone() {
        EventFd counter = counter(1);
        AtomicInteger heard = new AtomicInteger();
        AtomicInteger heardToo = new AtomicInteger();
        counter.onHangUp(heard::incrementAndGet);
        counter.onHangUp(heardToo::incrementAndGet).close();
        counter.signal();
        assertThat(heard).hasValue(0);
        counter.close();

        Soon.await("the hang-up is heard", () -> heard.get() == 1);
        assertThat(heardToo).hasValue(0);
    }

    @Test
    void aSubscriptionThatWasClosedHearsNoHangUp() {
        EventFd counter = counter(0);
        Ear ear = new Ear();
        counter.listen(ear).close();
        counter.close();

        assertThat(ear.hangUps).hasValue(0);
    }

    @Test
    void aSignallerNeitherPreventsTheHangUpNorFailsAfterIt() {
        EventFd counter = counter(0);
        Ear ear = new Ear();
        counter.listen(ear);
        EventFd.Signaller signaller = counter.signaller();
        signaller.signal();
        ear.awaitHeard(1);
        counter.close();
        signaller.signal();
        signaller.close();
        signaller.signal();
        signaller.close();

        assertThat(ear.hangUps).hasValue(1);
        assertThat(ear.heard).hasValue(1);
    }

    @Test
    void theEndOfASubscriptionCanTakeTheCount() {
        EventFd counter = counter(0);
        EventSubscription listening = counter.listen(new Ear());
        counter.add(9);

        assertThat(listening.closeAndTake()).isEqualTo(9);
        assertThat(listening.closeAndTake()).isZero();
        assertThat(counter.take()).isZero();
    }

    @Test
    void handlesOfOneCounterAreTheSame() {
        EventFd counter = counter(0);
        EventFd other = counter(0);
        try (EventFd second = counter.duplicate()) {
            second.add(2);

            assertThat(second.same(counter)).isTrue();
            assertThat(counter.same(other)).isFalse();
            assertThat(counter.take()).isEqualTo(2);
            assertThat(other.take()).isZero();
        }
    }

    @Test
    void aClosedHandleIsEbadf() {
        EventFd counter = counter(0);
        try (EventFd open = counter.duplicate()) {
            counter.close();
            counter.close();

            assertErrno(Errno.EBADF, () -> counter.add(1));
            assertErrno(Errno.EBADF, counter::signal);
            assertErrno(Errno.EBADF, counter::take);
            assertErrno(Errno.EBADF, counter::duplicate);
            assertErrno(Errno.EBADF, counter::signaller);
            assertErrno(Errno.EBADF, counter::descriptor);
            assertErrno(Errno.EBADF, () -> counter.listen(new Ear()));
            assertErrno(Errno.EBADF, () -> counter.onHangUp(() -> {
            }));
            assertThat(open.take()).isZero();
        }
    }
}
