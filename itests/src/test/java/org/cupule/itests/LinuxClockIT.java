package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.cupule.device.DeviceFactory;
import org.cupule.machine.Machine;
import org.cupule.machine.Machines;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * Linux's own clocks against the VM's: what it counts as up-time, what it says for {@code date}, what it reads from the
 * RTC, and how long its timers sleep, over a minute. Each is read between two looks at the VM's clock, so nothing
 * depends on how fast the host is.
 *
 * <p>
 * In deterministic time an idle minute costs nothing. With the host's clock it is some seconds, and a minute with
 * {@code -Dcupule.long=true}.
 */
@RunWith(LinuxRunner.class)
@ExamReactorStrategy(PerClass.class)
public class LinuxClockIT {
    private static final int MINUTE = 60;
    private static final int WITH_THE_HOST = Boolean.getBoolean("cupule.long") ? MINUTE : 5;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    /**
     * The clock is looked at, then another second of the RTC is awaited: "mark SOURCE BEFORE UPTIME WALL RTC AFTER".
     */
    private static final String SCRIPT = """
            source=/sys/devices/system/clocksource/clocksource0/current_clocksource
            rtc=/sys/class/rtc/rtc0/since_epoch
            vm() { devmem 0x%x 64; }
            mark() {
                read -r now <$rtc; was=$now; before=$(vm); next=$before
                while [ $now = $was ]; do usleep 10000; before=$next; next=$(vm); read -r now <$rtc; done
                read -r up _ </proc/uptime
                wall=$(adjtimex | sed -n '/tv_sec/s/.*: *//p;/tv_usec/s/.*: */+1e-6*/p' | tr -d '\\n')
                echo mark $(cat $source) $((before)) $up $wall $now $(($(vm)))
            }
            over() {
                mark; before=$(vm); sleep $1; echo slept $((before)) $(($(vm))); mark
            }
            echo epoch $(($(devmem 0x%x 64)))
            %s
            echo processors $(nproc)
            """;

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;

    private Path folder;
    private ServiceRegistration<?> witness;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void plugIn() throws IOException {
        folder = Files.createTempDirectory("linux");
        witness = context.registerService(DeviceFactory.class, new ClockWitness(), null);
    }

    @After
    public void leaveNothing() throws IOException {
        machines.machines().forEach(Machine::close);
        witness.unregister();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile)
                    .forEach(file -> assertThat(file.delete()).isTrue());
        }
    }

    /** A line of the guest: its clocks in seconds, and the VM's before and after. */
    private record Mark(String source, double before, double uptime, double wall, double rtc, double after) {
        static Mark of(String line) {
            String[] words = line.split(" ");
            String[] wall = words[4].split("\\+1e-6\\*");
            return new Mark(words[1], Long.parseLong(words[2]) / 1e9, Double.parseDouble(words[3]),
                    Long.parseLong(wall[0]) + Long.parseLong(wall[1]) / 1e6, Double.parseDouble(words[5]),
                    Long.parseLong(words[6]) / 1e9);
        }
    }

    /** What the VM's clock says for sure of the time between two marks: at least and at most so many seconds. */
    private record Between(Mark first, Mark last) {
        void agrees(String clock, double seconds) {
            assertThat(seconds).as("%s with %s between %s and %s", clock, last.source, first, last)
                    .isBetween(0.99 * (last.before - first.after) - 0.01, 1.01 * (last.after - first.before) + 0.01);
        }

        void allAgree() {
            agrees("up-time", last.uptime - first.uptime);
            agrees("date", last.wall - first.wall);
            agrees("RTC", last.rtc - first.rtc);
        }
    }

    private RunningGuest boot(int cpus, boolean deterministic, String append, String work) throws Exception {
        String script = SCRIPT.formatted(ClockWitness.BASE, ClockWitness.BASE + 8, work);
        LinuxImage linux = LinuxImage.make(context, folder.resolve("initrd"), "quiet " + append, script);
        RunningGuest guest = RunningGuest.start(machines,
                linux.machine(machines, cpus, deterministic, LinuxImage.device(ClockWitness.TYPE, "witness", "")));
        Await.until(() -> !guest.said("processors").isEmpty(), PATIENCE, () -> "its script's end; it said "
                + guest.said(""));
        return guest;
    }

    private static void clocksAgree(List<Mark> marks, double epoch) {
        for (int i = 0; i < marks.size(); i += 2) {
            new Between(marks.get(i), marks.get(i + 1)).allAgree();
        }
        Mark last = marks.getLast();
        assertThat(last.rtc).as("the RTC").isBetween(Math.floor(epoch + last.before), epoch + last.after);
        // Linux takes the time of day from the RTC when it boots, in whole seconds.
        assertThat(last.wall).as("date").isBetween(epoch + last.before * 0.99 - 1.5, epoch + last.after * 1.01 + 1.5);
    }

    private static List<Mark> marks(RunningGuest guest) {
        return guest.said("mark ").stream().map(Mark::of).toList();
    }

    private static List<Double> sleeps(RunningGuest guest) {
        return guest.said("slept ").stream().map(line -> line.split(" "))
                .map(words -> (Long.parseLong(words[2]) - Long.parseLong(words[1])) / 1e9).toList();
    }

    private static double epoch(RunningGuest guest) {
        return Double.parseDouble(guest.said("epoch ").getFirst().substring("epoch ".length()));
    }

    private static void tell(String how, List<Mark> marks) {
        for (int i = 0; i < marks.size(); i += 2) {
            Mark first = marks.get(i);
            Mark last = marks.get(i + 1);
            System.out.printf("VERIFIED: Linux's clock, %s, %s: %.2f s of its own in %.2f to %.2f s of the VM%n", how,
                    first.source, last.uptime - first.uptime, last.before - first.after, last.after - first.before);
        }
    }

    @Test
    public void aMinuteOfEachClocksourceIsAMinuteOfTheVm() throws Exception {
        try (var guest = boot(1, true, "", """
                over 60; echo hpet >$source; over 60; echo acpi_pm >$source; over 60""")) {
            List<Mark> marks = marks(guest);

            assertThat(marks).extracting(Mark::source).containsExactly("tsc", "tsc", "hpet", "hpet", "acpi_pm",
                    "acpi_pm");
            clocksAgree(marks, epoch(guest));
            assertThat(sleeps(guest)).hasSize(3)
                    .allSatisfy(sleep -> assertThat(sleep).isBetween((double) MINUTE, MINUTE * 1.01));
            tell("deterministic", marks);
        }
    }

    @Test
    public void withAnUnstableTimeStampCounterTheOtherClocksKeepTheMinute() throws Exception {
        try (var guest = boot(2, true, "tsc=unstable hpet=disable", "over 60")) {
            List<Mark> marks = marks(guest);

            assertThat(marks).extracting(Mark::source).containsExactly("acpi_pm", "acpi_pm");
            clocksAgree(marks, epoch(guest));
            assertThat(sleeps(guest)).singleElement()
                    .satisfies(sleep -> assertThat(sleep).isBetween((double) MINUTE, MINUTE * 1.01));
            tell("deterministic, tsc=unstable hpet=disable", marks);
        }
    }

    @Test
    public void withTheHostsClockNoClockOfTheGuestDrifts() throws Exception {
        try (var guest = boot(2, false, "", "over " + WITH_THE_HOST)) {
            List<Mark> marks = marks(guest);

            assertThat(guest.said("processors")).containsExactly("processors 2");
            assertThat(marks).extracting(Mark::source).containsExactly("tsc", "tsc");
            clocksAgree(marks, epoch(guest));
            assertThat(sleeps(guest)).singleElement()
                    .satisfies(sleep -> assertThat(sleep).isGreaterThanOrEqualTo(WITH_THE_HOST));
            tell("2 processors, the host's clock", marks);
        }
    }
}
