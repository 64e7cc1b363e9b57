package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.inject.Inject;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.cupule.swap.SwapReport;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Hundreds of swaps in a row of everything that can be swapped, under the demonstration guest, while another VM counts
 * and has its devices renewed; nothing is left over.
 *
 * <p>
 * 200, and with {@code -Dcupule.long=true} 10,000.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SoakIT {
    private static final int SWAPS = Boolean.getBoolean("cupule.long") ? 10_000 : 200;
    /** More than what lazily made tables and compiled code of the platform add after the first round. */
    private static final long GROWTH_BYTES = 8L << 20;
    /** What the framework keeps of each uninstalled bundle, see docs/topic/deployer.md: Felix 10 KiB, and a little. */
    private static final long FRAMEWORK_KEEPS_BYTES = TestPlatform.onFelix() ? 11L << 10 : 0;

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;
    @Inject
    private Deployer deployer;

    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    private final List<Long> pauses = new ArrayList<>();
    private RunningGuest guest;
    private RunningGuest other;
    private Owners owners;
    private int swaps;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Test
    public void hundredsOfSwapsLoseNothingAndLeaveNothing() throws Exception {
        owners = new Owners(context);
        try (var running = RunningGuest.start(machines, "demo", 2, "");
                var counting = RunningGuest.start(machines, "swapcount", 1, "every=200")) {
            guest = running;
            other = counting;
            guest.awaitMore("round", 1);
            other.awaitMore("count", 1);
            round(); // whatever is made once is made now
            TreeMap<String, Long> threads = threads();
            int bundles = context.getBundles().length;
            long heap = heapAfterCollection();

            soak();

            Await.until(() -> noMoreThan(threads), Duration.ofSeconds(60),
                    () -> "no more threads than before, %s; there are %s".formatted(threads, threads()));
            assertThat(context.getBundles()).hasSize(bundles);
            long growth = heapAfterCollection() - heap;
            System.out.printf("after %d swaps and %d deployments the heap has grown by %d KiB%n", swaps, loaders.size(),
                    growth >> 10);
            assertThat(growth).as("heap growth").isLessThan(GROWTH_BYTES + loaders.size() * FRAMEWORK_KEEPS_BYTES);
            finish();
            assertClassLoadersAreCollected();
            tell(growth, threads.values().stream().mapToLong(Long::longValue).sum());
        }
    }

    /** The framework's own pools let idle threads go in the meantime, so there may be fewer. */
    private static boolean noMoreThan(Map<String, Long> before) {
        return threads().entrySet().stream()
                .allMatch(now -> now.getValue() <= before.getOrDefault(now.getKey(), 0L));
    }

    private void soak() {
        while (swaps < SWAPS) {
            swaps += round();
            guest.report();
        }
    }

    private void finish() {
        assertThat(guest.verdict()).startsWith("verdict: ok").contains("errors 0");
        assertThat(guest.outcome().cause()).isEqualTo("power-off");
        assertThat(guest.counters().completed()).isEqualTo(guest.counters().posted());
        assertThat(guest.counters().lost()).as("lost").isZero();
        assertThat(guest.counters().twice()).as("served twice").isZero();
        assertThat(other.verdict()).startsWith("verdict: ok").contains("errors 0");
        assertThat(other.counters().lost()).as("lost by the other").isZero();
        assertThat(other.counters().twice()).as("served twice by the other").isZero();
    }

    private void tell(long growth, long threads) {
        System.out.printf("VERIFIED: soak of swaps, %s: %d swaps under two guests, %d requests, lost 0, served twice"
                + " 0, class loaders left 0 of %d, threads %d as before, heap %d KiB more, pause p50 %d us, p99 %d us%n",
                TestPlatform.framework(), swaps, guest.counters().posted() + other.counters().posted(), loaders.size(),
                threads, growth >> 10,
                pauseMicros(50), pauseMicros(99));
    }

    private long pauseMicros(int percent) {
        List<Long> sorted = pauses.stream().sorted().toList();
        return sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100)) / 1000;
    }

    /** Swaps everything once, and what has another model back. @return how many instances were moved */
    private int round() {
        List<Supplier<List<SwapReport>>> steps = List.of(
                () -> renew("com1"),
                () -> deploy("dev-sample", TestPlatform.plugin("dev-sample-v2").toUri()),
                () -> move("cpu0", "single-step"),
                () -> deploy("hw-lapic", TestPlatform.plugin("hw-lapic-v2").toUri()),
                () -> renew("pci"),
                () -> deploy("hw-ept", TestPlatform.plugin("hw-ept-interval").toUri()),
                () -> move("cpu1", "single-step"),
                () -> renew("ioapic"),
                () -> List.of(owners.renew(other.target("com1"))),
                () -> deploy("dev-sample", TestPlatform.started("dev-sample").toUri()),
                () -> renew("pit"),
                () -> move("cpu0", "interpreter"),
                () -> deploy("hw-lapic", TestPlatform.started("hw-lapic").toUri()),
                () -> renew("com1"),
                () -> deploy("hw-ept-interval", TestPlatform.started("hw-ept").toUri()),
                () -> renew("pic"),
                () -> List.of(owners.renew(other.target("pit"))),
                () -> move("cpu1", "interpreter"),
                () -> renew("ept"));
        int before = pauses.size();
        steps.forEach(step -> step.get().forEach(report -> pauses.add(report.pauseNanos())));
        return pauses.size() - before;
    }

    private List<SwapReport> renew(String place) {
        return List.of(owners.renew(guest.target(place)));
    }

    private List<SwapReport> move(String place, String model) {
        return List.of(owners.swap(guest.target(place), model));
    }

    private List<SwapReport> deploy(String predecessor, URI jar) {
        Bundle old = Bundles.one(context, predecessor);
        loaders.add(new WeakReference<>(old.adapt(BundleWiring.class).getClassLoader()));
        return deployer.swap(jar, Owners.DEADLINE).swaps();
    }

    private void assertClassLoadersAreCollected() {
        assertThat(loaders).hasSizeGreaterThan(SWAPS / 10);
        Await.until(() -> {
            System.gc();
            return alive() == 0;
        }, Duration.ofSeconds(60), () -> "the class loaders of uninstalled bundles to be collected; %d of %d live"
                .formatted(alive(), loaders.size()));
    }

    private long alive() {
        return loaders.stream().filter(loader -> loader.get() != null).count();
    }

    /** {@return how many platform threads there are of each name, less the JVM's own pool for virtual threads} */
    private static TreeMap<String, Long> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> !name.matches("(ForkJoinPool|VirtualThread|FelixResolver|process reaper).*"))
                .collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()));
    }

    private static long heapAfterCollection() {
        var memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }
}
