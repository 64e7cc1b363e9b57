package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.cupule.abi.IoRequestPage;
import org.cupule.host.CallBack;
import org.cupule.host.DeviceFile;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Upcall;
import org.cupule.types.Errno;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The loop on a driver whose vCPU asks again as soon as it is answered, so that each ATTACH returns at once. */
class AttachLoopTest {
    /** With the longest pause after each this takes more than a minute. */
    private static final int REQUESTS = 1500;
    private static final long DEADLINE_SECONDS = 30;

    private final IoRequestPage page = new IoRequestPage(Arena.ofAuto().allocate(4096, 4096));
    private final CountDownLatch answered = new CountDownLatch(REQUESTS);
    private @Nullable AttachLoop loop;

    @AfterEach
    void stop() {
        loop().stop(TimeUnit.SECONDS.toMillis(DEADLINE_SECONDS));
    }

    private AttachLoop loop() {
        return java.util.Objects.requireNonNull(loop);
    }

    private void run(Upcall upcall) {
        page.state(0, IoRequestPage.PROCESSING);
        loop = new AttachLoop("loop", new HsmFile(new BusyDevice(), java.util.Optional.empty()), new Driver() {
            @Override
            public DeviceFile open() {
                throw new AssertionError("it is open");
            }

            @Override
            public CallBack currentThread() {
                return new CallBack() {
                    @Override
                    public void call() {
                        // nobody sleeps in this driver
                    }

                    @Override
                    public void close() {
                        // nothing was held
                    }
                };
            }
        }, page, 1, upcall);
        loop().start();
    }

    @Test
    void aRequestThatFollowsOneAnsweredAtOnceIsNotWaitedFor() throws InterruptedException {
        run(new Requests(() -> {
            answered.countDown(); // and the vCPU's next one is PROCESSING already
            loop().finished();
        }));

        assertThat(answered.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).as("%d are left", answered.getCount()).isTrue();
    }

    private record Requests(Runnable answer) implements Upcall {
        @Override
        public void request(int vcpu) {
            answer.run();
        }

        @Override
        public void event(PartitionEvent event) {
            throw new AssertionError(event);
        }
    }

    private static final class BusyDevice implements DeviceFile {
        @Override
        public String path() {
            return "busy";
        }

        @Override
        public long ioctl(int command, long argument) {
            return 0;
        }

        @Override
        public long ioctl(int command, MemorySegment argument) {
            return -Errno.EINVAL.number();
        }

        @Override
        public long write(MemorySegment source) {
            return -Errno.EINVAL.number();
        }

        @Override
        public long poll(int events, int timeoutMillis) {
            return -Errno.EINVAL.number();
        }

        @Override
        public void close() {
            // nothing is open
        }
    }
}
