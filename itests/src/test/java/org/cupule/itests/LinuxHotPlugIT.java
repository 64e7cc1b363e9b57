package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription.DeviceDescription;
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

/**
 * A stock Linux with its own hot-plug driver (acpiphp): a disk is put in while it runs, used, and taken away in order;
 * a card that no driver knows is put in, and pulled out.
 */
@RunWith(LinuxRunner.class)
@ExamReactorStrategy(PerClass.class)
public class LinuxHotPlugIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int DISK_BYTES = 8 << 20;
    private static final DeviceDescription CARD = new DeviceDescription("org.cupule.sample", "card", "", Map.of(),
            Map.of(), "00:05.0", Map.of(), "");
    private static final String MARK = "hot-plugged";
    private static final String SCRIPT = """
            while read -r module; do insmod "/lib/modules/$module.ko" 2>/dev/null; done </modules
            there() { until [ -e /dev/vda ]; do usleep 20000; done; }
            away() { while [ -e /dev/vda ] || [ -e /sys/bus/pci/devices/0000:00:05.0 ]; do usleep 20000; done; }
            look() { echo $1 $(ls /sys/bus/pci/devices); echo interrupts $(grep ACPI:Ged /proc/interrupts); }
            echo slots $(ls /sys/bus/pci/slots | wc -l)
            echo ready
            there; look appeared; echo id $(cat /sys/bus/pci/devices/0000:00:05.0/vendor)
            echo %s | dd of=/dev/vda bs=512 conv=fsync,sync 2>/dev/null; echo used
            away; look vanished
            until [ -e /sys/bus/pci/devices/0000:00:05.0 ]; do usleep 20000; done; look again
            away; look pulled
            dmesg | sed 's/^/log: /'
            echo done
            """.formatted(MARK);

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;

    private Path folder;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void makesAFolder() throws IOException {
        folder = Files.createTempDirectory("linux");
    }

    @After
    public void leaveNothing() throws IOException {
        machines.machines().forEach(Machine::close);
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile)
                    .forEach(file -> assertThat(file.delete()).isTrue());
        }
    }

    private DeviceDescription disk() throws IOException {
        Path image = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        return new DeviceDescription("virtio-blk", "disk", "", Map.of(), Map.of(), "00:05.0", Map.of(),
                "file:" + image);
    }

    private static void says(RunningGuest guest, String line) {
        Await.until(() -> !guest.said(line).isEmpty(), PATIENCE, () -> "'%s'; it said %s".formatted(line,
                guest.said("")));
    }

    private static List<String> names(RunningGuest guest) {
        return guest.machine().devices().stream().map(Machine.DeviceInfo::name).toList();
    }

    @Test
    public void linuxUsesADiskThatComesAndLetsGoOfOneThatIsToGo() throws Exception {
        LinuxImage linux = LinuxImage.make(context, folder.resolve("initrd"), "quiet", SCRIPT);
        DeviceDescription disk = disk();
        try (var guest = RunningGuest.start(machines, linux.machine(machines, 2, false))) {
            says(guest, "ready");
            assertThat(guest.said("slots").getFirst()).isEqualTo("slots 31");
            guest.machine().plug(disk);
            says(guest, "used");
            assertThat(guest.said("appeared").getFirst()).contains("0000:00:05.0");
            assertThat(guest.said("id ").getFirst()).isEqualTo("id 0x1af4");

            guest.machine().unplug("disk", PATIENCE);

            assertThat(names(guest)).doesNotContain("disk");
            says(guest, "vanished");
            assertThat(Files.readString(folder.resolve("disk.img")).lines().findFirst().orElseThrow()).isEqualTo(MARK);
            guest.machine().plug(CARD);
            says(guest, "again");
            guest.machine().unplug("card");
            says(guest, "done");
            assertThat(guest.said("pulled").getFirst()).doesNotContain("00:05.0");
            List<String> log = guest.said("log: ");
            assertThat(log).noneMatch(line -> line.matches(".*(WARNING: |BUG: |Call Trace|Oops|nobody cared).*"));
            log.stream().filter(line -> line.matches(".*(0000:00:05.0|acpiphp|[Hh]otplug|virtio|vda).*"))
                    .forEach(System.out::println);
            System.out.println("VERIFIED: Linux: a disk came, was used, went in order; a card was pulled out; "
                    + guest.said("interrupts"));
        }
    }
}
