package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of, and written to, the kernel's files: processors and PCI functions. */
class MachineFilesTest {
    @TempDir
    private Path folder;

    private void put(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @BeforeEach
    void processors() throws IOException {
        put("cpu/possible", "0-2,5\n");
        put("cpu/online", "0,2\n");
        put("cpu/cpu2/online", "1\n");
        put("cpu/cpu1/online", "0\n");
        put("cpuinfo", "processor\t: 0\napicid\t\t: 0\nflags\t: a b\n\nprocessor\t: 2\napicid\t\t: 4\n");
        put("remove_cpu", "");
    }

    private ServiceProcessors cpus() {
        return new ServiceProcessors(folder.resolve("remove_cpu"), folder.resolve("cpu"), folder.resolve("cpuinfo"),
                new LinuxHost()::open);
    }

    @Test
    void processorsAreThoseThatTheKernelLists() {
        assertThat(cpus().cpus()).containsExactly(new ServiceCpu(0, 0, true, false),
                new ServiceCpu(1, -2, false, true), new ServiceCpu(2, 4, true, true),
                new ServiceCpu(5, -6, false, false));
    }

    @Test
    void aProcessorIsRemovedByItsNumber() throws IOException {
        cpus().offlineVcpu(4);

        assertThat(folder.resolve("remove_cpu")).hasContent("2");
    }

    @Test
    void oneThatIsOffLineIsRemovedByTheIdThatStandsForItsNumber() throws IOException {
        cpus().offlineVcpu(-2);

        assertThat(folder.resolve("remove_cpu")).hasContent("1");
    }

    @Test
    void anIdThatNobodyHasIsAccepted() throws IOException {
        cpus().offlineVcpu(77);

        assertThat(folder.resolve("remove_cpu")).isEmptyFile();
    }

    @Test
    void anAttributeThatRefusesGivesItsErrorNumber() {
        var cpus = new ServiceProcessors(Path.of("/dev/full"), folder.resolve("cpu"), folder.resolve("cpuinfo"),
                new LinuxHost()::open);

        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> cpus.offlineVcpu(4))
                .extracting(HsmException::errno).isEqualTo(Errno.ENOSPC);
    }

    private void function(String name, String kind, String irq) throws IOException {
        put("pci/" + name + "/class", kind);
        put("pci/" + name + "/vendor", "0x8086\n");
        put("pci/" + name + "/device", "0x1533\n");
        put("pci/" + name + "/irq", irq);
    }

    @Test
    void functionsAreThoseThatTheKernelListsWithoutBridges() throws IOException {
        function("0000:01:00.0", "0x020000\n", "17\n");
        function("0000:00:02.0", "0x030000\n", "0\n");
        function("0000:00:00.0", "0x060000\n", "0\n");
        function("0001:00:03.0", "0x020000\n", "5\n");
        Files.createDirectory(folder.resolve("pci/0000:00:1f.3"));

        assertThat(new HostPci(folder.resolve("pci")).devices(Map.of("01:00.0", 3))).containsExactly(
                new HostDevice("pci", "8086:1533 class 030000", "00:02.0", -1, -1),
                new HostDevice("pci", "8086:1533 class 020000", "01:00.0", 17, 3));
    }

    @Test
    void aMachineWithoutPciHasNone() {
        assertThat(new HostPci(folder.resolve("none")).devices(Map.of())).isEmpty();
    }
}
