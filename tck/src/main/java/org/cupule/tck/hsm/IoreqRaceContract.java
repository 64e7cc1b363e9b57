package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What holds while several vCPUs make requests and everything around them changes. */
@Tag("slow")
public abstract class IoreqRaceContract extends HsmFixture {
    private static final long DEADLINE_SECONDS = 60;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicBoolean over = new AtomicBoolean();
    private final int each = requestsEach();
    private IoRequests requests = vm.ioRequests();

    /** Only a contract. */
    protected IoreqRaceContract() {
    }

    /** {@return how many requests each vCPU makes: fewer where each takes long} */
    protected int requestsEach() {
        return 3000;
    }

    @BeforeEach
    void startVm() {
        vm.start();
    }

    @AfterEach
    void endThreads() throws InterruptedException {
        over.set(true);
        threads.shutdownNow();
        assertThat(threads.awaitTermination(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** Runs each vCPU's part on a thread of its own, and waits for all. */
    private void eachVcpu(VcpuPart part) {
        List<Future<?>> parts = new ArrayList<>();
        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            int id = vcpu;
            parts.add(threads.submit((Callable<Object>) () -> {
                part.run(id);
                return "";
            }));
        }
        parts.forEach(IoreqRaceContract::get);
    }

    /** Repeats something on a thread of its own until the vCPUs are done. */
    private Future<?> meanwhile(Callable<?> action) {
        return threads.submit((Callable<Object>) () -> {
            while (!over.get()) {
                action.call();
            }
            return "";
        });
    }

    private static void get(Future<?> future) {
        try {
            future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException failure) {
            throw new AssertionError("a thread of the test failed", failure);
        }
    }

    private interface VcpuPart {
        void run(int vcpu) throws Exception;
    }

    @Test
    @DisplayName("HSM-ARCH-01 requests of all vCPUs at once: each gets its own answer, from each form of client")
    void eachGetsItsAnswer() {
        requests.inline("inline", access -> access.address() ^ access.vcpu() << 8).add(IoRange.mmio(0x1000, 0x1000));
        requests.threaded("threaded", access -> access.address() ^ access.vcpu() << 9)
                .add(IoRange.mmio(0x2000, 0x1000));
        requests.inlineDefault("bus", access -> access.address() ^ access.vcpu() << 10);

        eachVcpu(vcpu -> {
            for (int i = 0; i < each; i++) {
                int form = i % 3;
                long address = 0x1000L * (form + 1) + i % 512 * 8;
                assertThat(read(vcpu, address)).isEqualTo(address ^ (long) vcpu << 8 + form);
            }
        });

        long all = (long) VCPUS * each;
        assertThat(requests.counters()).isEqualTo(new IoRequests.Counters(all, all, 0, 0, all / 3));
        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            assertThat(partition.finishes(vcpu)).isEqualTo(each);
        }
    }

    private long read(int vcpu, long address) {
        return partition.access(vcpu, IoRequestPage.MMIO, false, address, 8, 0);
    }

    @Test
    @DisplayName("clients come and go under load: nothing is lost, and no handler runs after its close has returned")
    void clientsComeAndGo() {
        requests.inlineDefault("bus", access -> 1);
        AtomicInteger late = new AtomicInteger();
        AtomicLong number = new AtomicLong();
        Future<?> churn = meanwhile(() -> comeAndGo(number.incrementAndGet() % 2 == 0, late));

        eachVcpu(vcpu -> {
            for (int i = 0; i < each; i++) {
                assertThat(read(vcpu, 0x1000)).isBetween(1L, 3L);
            }
        });
        over.set(true);
        get(churn);

        assertThat(late).hasValue(0);
        long all = (long) VCPUS * each;
        IoRequests.Counters counters = requests.counters();
        assertThat(List.of(counters.posted(), counters.completed(), counters.lost(), counters.twice()))
                .containsExactly(all, all, 0L, 0L);
    }

    private String comeAndGo(boolean threaded, AtomicInteger late) {
        AtomicBoolean closed = new AtomicBoolean();
        IoClient client = threaded
                ? requests.threaded("guest", access -> check(closed, late, 2))
                : requests.inline("guest", access -> check(closed, late, 3));
        client.add(IoRange.mmio(0x1000, 8));
        Thread.yield();
        client.close();
        closed.set(true);
        return "";
    }

    private static long check(AtomicBoolean closed, AtomicInteger late, long value) {
        if (closed.get()) {
            late.incrementAndGet();
        }
        Thread.yield();
        if (closed.get()) {
            late.incrementAndGet();
        }
        return value;
    }

    @Test
    @DisplayName("ranges of other clients change all the time: a client's own requests never miss it")
    void rangesChangeAround() {
        requests.inline("steady", access -> 7).add(IoRange.mmio(0x1000, 0x100));
        IoClient restless = requests.inline("restless", access -> 8);
        AtomicLong number = new AtomicLong();
        Future<?> churn = meanwhile(() -> {
            IoRange range = IoRange.mmio(0x1100 + number.incrementAndGet() % 64 * 0x10, 0x20);
            restless.add(range);
            restless.remove(range);
            return "";
        });

        eachVcpu(vcpu -> {
            for (int i = 0; i < each; i++) {
                assertThat(read(vcpu, 0x1000 + i % 31 * 8)).isEqualTo(7);
            }
        });
        over.set(true);
        get(churn);

        assertThat(requests.counters().unclaimed()).isZero();
    }

    @Test
    @DisplayName("HSM-IOREQ-11 a device model that attaches and notifies answers each request once")
    void deviceModelAnswers() {
        DefaultClient client = requests.createDefault();
        Future<?> model = threads.submit((Callable<Object>) () -> runModel(client));

        eachVcpu(vcpu -> {
            for (int i = 0; i < each; i++) {
                assertThat(read(vcpu, 0x1000 + i)).isEqualTo(0x2000 + i);
            }
        });
        client.close();
        get(model);

        long all = (long) VCPUS * each;
        assertThat(requests.counters()).isEqualTo(new IoRequests.Counters(all, all, 0, 0, all));
    }

    private String runModel(DefaultClient client) throws InterruptedException {
        try {
            while (true) {
                client.attach();
                for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
                    answer(client.page(), vcpu);
                }
            }
        } catch (HsmException closed) {
            return closed.errno().name();
        }
    }

    private void answer(IoRequestPage page, int vcpu) {
        if (page.state(vcpu) == IoRequestPage.PROCESSING && !page.kernelHandled(vcpu)) {
            page.value(vcpu, page.address(vcpu) + 0x1000);
            requests.notifyFinished(vcpu);
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-16 clearing under load completes every request once")
    void clearingUnderLoad() {
        DefaultClient client = requests.createDefault();
        Future<?> model = threads.submit((Callable<Object>) () -> runModel(client));
        Future<?> clearing = meanwhile(() -> {
            requests.clear();
            return "";
        });

        eachVcpu(vcpu -> {
            for (int i = 0; i < each; i++) {
                read(vcpu, 0x1000 + i);
            }
        });
        over.set(true);
        get(clearing);
        client.close();
        get(model);

        long all = (long) VCPUS * each;
        assertThat(requests.counters().posted()).isEqualTo(all);
        assertThat(requests.counters().completed()).isEqualTo(all);
        assertThat(requests.counters().lost()).isZero();
        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            assertThat(partition.finishes(vcpu)).isEqualTo(each);
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-07 default clients come and go: a request that found none is served by the next")
    void defaultClientsComeAndGo() {
        Future<?> churn = meanwhile(() -> {
            IoClient client = requests.inlineDefault("bus", access -> 5);
            Thread.yield();
            client.close();
            return "";
        });

        eachVcpu(vcpu -> {
            for (int i = 0; i < each; i++) {
                assertThat(read(vcpu, 0x1000)).isEqualTo(5);
            }
        });
        over.set(true);
        get(churn);

        long all = (long) VCPUS * each;
        assertThat(requests.counters()).isEqualTo(new IoRequests.Counters(all, all, 0, 0, all));
    }

    @Test
    @DisplayName("HSM-IOREQ-22 a VM that is reset again and again with requests in flight answers all that come after")
    void resetsWithRequestsInFlight() {
        requests.threaded("slow", access -> {
            Thread.yield();
            return 1;
        }).add(IoRange.mmio(0x1000, 0x100));
        requests.inlineDefault("bus", access -> 2);

        for (int round = 0; round < each / 10; round++) {
            for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
                partition.post(vcpu, IoRequestPage.MMIO, false, 0x1000, 8, 0);
            }
            vm.pause();
            vm.reset();
            vm.start();
            for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
                assertThat(read(vcpu, 0x1000)).isEqualTo(1);
                assertThat(read(vcpu, 0x2000)).isEqualTo(2);
            }
        }

        assertThat(requests.counters().lost()).isZero();
        assertThat(requests.counters().posted()).isBetween(each / 10L * VCPUS * 2, each / 10L * VCPUS * 3);
    }

    @Test
    @DisplayName("tracing under load shows whole entries only")
    void tracingUnderLoad() {
        requests.inlineDefault("bus", access -> access.address() + access.vcpu());
        Future<?> reader = meanwhile(() -> {
            requests.trace(16);
            requests.trace().forEach(entry -> assertThat(entry.value()).isEqualTo(entry.address() + entry.vcpu()));
            return "";
        });

        eachVcpu(vcpu -> {
            for (int i = 0; i < each; i++) {
                read(vcpu, 0x1000L + i * 16L);
            }
        });
        over.set(true);
        get(reader);

        requests.trace(4);
        read(0, 0x9000);
        assertThat(requests.trace()).hasSize(1);
    }

    @Test
    @DisplayName("a VM that is destroyed under load ends its requests and its threads")
    void destroyedUnderLoad() {
        requests.threaded("threaded", access -> 1).add(IoRange.mmio(0x1000, 0x100));
        requests.inlineDefault("bus", access -> 2);
        List<Future<?>> vcpus = new ArrayList<>();
        AtomicLong served = new AtomicLong();
        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            int id = vcpu;
            vcpus.add(meanwhile(() -> {
                partition.guarded(() -> read(id, 0x1000L + served.incrementAndGet() % 2 * 0x1000));
                return "";
            }));
        }
        Deadline.await("requests are served", () -> served.get() > 100);

        vm.close();
        over.set(true);
        vcpus.forEach(IoreqRaceContract::get);

        assertThat(partition.journal()).endsWith("pause", "destroy");
    }
}
