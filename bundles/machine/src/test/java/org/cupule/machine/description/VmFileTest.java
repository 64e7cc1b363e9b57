package org.cupule.machine.description;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.cupule.dev.debugexit.DebugExitFactory;
import org.cupule.dev.sample.SampleFactory;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.device.Catalogue;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.machine.fake.Probe;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VmFileTest {
    private static final MachineDescription STANDARD = new MachineDescription("vm", "", 64 << 20, 1, Optional.empty(),
            List.of(new DeviceDescription("uart16550", "com1", "", Map.of(), Map.of(), "", Map.of(), "console")),
            Map.of(), Behaviour.X86, false, false);
    private static final Catalogue CATALOGUE = new Catalogue(List.of(DeviceOffer.of(new Uart16550Factory(), 1),
            DeviceOffer.of(new DebugExitFactory(), 2), DeviceOffer.of(new SampleFactory(), 3),
            DeviceOffer.of(Probe.Factory.of(1), 4)));
    private static final String WHOLE = """
            { // a machine
              "name": "demo",
              "hypervisor": "sim",
              "memory": "128M",
              "cpus": 2,
              "image": {
                "file": "kernel.elf", "format": "multiboot", "address": "0x7C00", "append": "a=1",
                "modules": ["first.bin one two"], "initrd": "disk.img"
              },
              "models": { "ept": "four-level" },
              "behaviour": "acrn", "deterministic": true, "upcall": "queued",
              "devices": [
                { "type": "uart16550", "name": "com1", "model": "ns16550a@1.0.0",
                  "windows": { "ports": "0x2F8" }, "lines": { "irq": 3 }, "options": { "clock": 1843200 },
                  "backend": "console" },
                { "type": "org.cupule.sample", "name": "s", "pci": "00:04.0" },
                { "type": "uart16550", "name": "com2", "backend": "file:out.txt" }
              ]
            }
            """;

    @TempDir
    Path folder;

    @Test
    void hypervisorsThatAreNotThereAreNotToldAsIfTheyWere() {
        refuses("{\"hypervisor\": \"xen\"}",
                "there is no hypervisor 'xen'; there are: sim; not there on this machine: acrn");
        assertThat(read("{\"hypervisor\": \"acrn\"}").hypervisor()).isEqualTo("acrn");
    }

    private MachineDescription read(String text) {
        try {
            return new VmFile(Files.writeString(folder.resolve("vm.json"), text), STANDARD, CATALOGUE, List.of("sim"),
                    List.of("acrn")).read();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void refuses(String text, String... words) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(HsmException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    @Test
    void readsEveryField() throws IOException {
        Files.write(folder.resolve("kernel.elf"), new byte[1]);
        MachineDescription machine = read(WHOLE);
        assertThat(machine.name()).isEqualTo("demo");
        assertThat(machine.hypervisor()).isEqualTo("sim");
        assertThat(machine.memoryBytes()).isEqualTo(128 << 20);
        assertThat(machine.cpus()).isEqualTo(2);
        assertThat(machine.models()).containsEntry("ept", "four-level");
        assertThat(machine.behaviour()).isEqualTo(Behaviour.ACRN);
        assertThat(machine.deterministic()).isTrue();
        assertThat(machine.queuedUpcall()).isTrue();
        var image = machine.image().orElseThrow();
        assertThat(image.file()).contains(folder.resolve("kernel.elf"));
        assertThat(image.address()).isEqualTo(0x7C00);
        assertThat(image.append()).isEqualTo("a=1");
        assertThat(image.modules()).containsExactly(folder.resolve("first.bin one two"), folder.resolve("disk.img"));
        var uart = machine.devices().getFirst();
        assertThat(uart.windows()).containsEntry("ports", 0x2F8L);
        assertThat(uart.lines()).containsEntry("irq", 3);
        assertThat(uart.options()).containsEntry("clock", "1843200");
        assertThat(uart.model()).isEqualTo("ns16550a@1.0.0");
        assertThat(machine.devices().get(1).pci()).isEqualTo("00:04.0");
        assertThat(machine.devices().get(2).backend()).isEqualTo("file:" + folder.resolve("out.txt"));
    }

    @Test
    void readsTheSizeOfPages() {
        assertThat(read("{\"pages\": \"2M\"}").pageBytes()).isEqualTo(2 << 20);
        assertThat(read("{\"pages\": 4096}").pageBytes()).isEqualTo(4096);
    }

    @Test
    void givesTheStandardMachineForAnEmptyObject() {
        assertThat(read("{}")).isEqualTo(STANDARD);
    }

    @Test
    void namesTheLineOfAHypervisorThatIsNotThere() {
        refuses("{\n  \"cpus\": 1,\n  \"hypervisor\": \"smi\"\n}", "vm.json:3", "field 'hypervisor'", "'smi'",
                "did you mean 'sim'?");
    }

    @Test
    void givesAMachineWithoutDevicesWhenItSaysSo() {
        assertThat(read("{\"devices\": []}").devices()).isEmpty();
    }

    @Test
    void namesFileLineAndFieldOfEachFault() {
        refuses("""
                {
                  "memory": "lots",
                  "cpus": 17,
                  "devices": [
                    { "type": "uart16550", "name": "a",
                      "windows": { "ports": "0xFFFC" } },
                    { "type": "uart16550", "name": "a",
                      "lines": { "irq": 48 } }
                  ]
                }
                """, "vm.json:2: field 'memory': a size such as \"64M\" is expected, not 'lots'",
                "vm.json:3: field 'cpus': 17 processors: 1 to 16 can be",
                "vm.json:6: field 'devices[0].windows.ports': 8 ports from 0xfffc do not lie below 0x10000",
                "vm.json:7: field 'devices[1].name': there is another device 'a'",
                "vm.json:8: field 'devices[1].lines.irq': GSI 48: 0 to 47 can be");
    }

    @ParameterizedTest
    @DisplayName("what is wrong is told with what would be right")
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
            "{\"memry\": 1}                                     | field 'memry': there is no such field; did you mean 'memory'?",
            "{\"zzzzzzzz\": 1}                                  | there are: acpi, behaviour, cpus",
            "{\"image\": {\"fil\": \"x\"}}                      | did you mean 'file'?",
            "{\"image\": {}}                                    | give either 'file' or 'builtin'",
            "{\"image\": {\"file\":\"a\", \"builtin\":\"b\"}}   | give either 'file' or 'builtin'",
            "{\"image\": {\"file\":\"a\", \"format\":\"linus\"}}| field 'image.format'",
            "{\"image\": 3}                                     | an object is expected, not '3'",
            "{\"cpus\": -1}                                     | field 'cpus': a number such as",
            "{\"cpus\": 1.5}                                    | not '1.5'",
            "{\"cpus\": true}                                   | not 'true'",
            "{\"cpus\": 99999999999999999999}                   | too large",
            "{\"memory\": \"100\"}                              | 100 bytes: give a multiple of 4096",
            "{\"pages\": \"8K\"}                                 | field 'pages': pages of 8192 bytes: give 4K, 2M or 1G",
            "{\"pages\": \"2M\", \"memory\": \"2M\"}             | not made of pages of 2097152 bytes, two at least",
            "{\"pages\": \"2M\", \"memory\": \"5M\"}             | not made of pages of 2097152 bytes, two at least",
            "{\"memory\": \"99999999T\"}                        | a size such as",
            "{\"name\": \"\"}                                   | is no name",
            "{\"deterministic\": \"yes\"}                       | true or false is expected",
            "{\"behaviour\": \"arm\"}                           | neither x86 nor acrn",
            "{\"upcall\": \"later\"}                            | neither direct nor queued",
            "{\"devices\": {}}                                  | a list is expected, not an object",
            "{\"devices\": [1]}                                 | field 'devices[0]': an object is expected",
            "{\"devices\": [{}]}                                | field 'devices[0].type': it is missing",
            "{\"devices\": [{\"type\":\"uart\",\"name\":\"a\"}]}| no plug-in offers a device of type 'uart'; there are: debugexit",
            "{\"devices\": [{\"type\":\"uart16450\",\"name\":\"a\"}]}| did you mean 'uart16550'?",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"pci\"}]}| not 'pci'",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a b\"}]}| is no name",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a\",\"model\":\"x\"}]}| there are: debug-exit@1.0.0",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a\",\"windows\":{\"prt\":1}}]}| did you mean 'port'?",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a\",\"lines\":{\"irq\":1}}]}| there are none",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a\",\"options\":{\"o\":1}}]}| there are none",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a\",\"pci\":\"00:03.0\"}]}| it is no PCI device",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a\",\"backend\":\"console\"}]}| talks to no stream",
            "{\"devices\": [{\"type\":\"debugexit\",\"name\":\"a\",\"backend\":\"tcp\"}]}| none of console, null, file:PATH",
            "{\"devices\": [{\"type\":\"org.cupule.sample\",\"name\":\"a\",\"pci\":\"3\"}]}| not of the form 00:03.0",
            "{\"devices\": [{\"type\":\"org.cupule.sample\",\"name\":\"a\",\"pci\":\"00:00.0\"}]}| host bridge",
            "{\"devices\": [{\"type\":\"probe\",\"name\":\"a\",\"windows\":{\"memory\":\"0x100000\"}}]}| lies in the machine's RAM",
            "{\"devices\": [{\"type\":\"probe\",\"name\":\"a\",\"windows\":{\"memory\":\"0x7fffffffffffffff\"}}]}| do not lie below",
            "{\"a\": 1, \"a\": 2}                               | vm.json:1",
            "{\"a\": 1                                          | vm.json:1",
            "[]                                                 | begins with '{'",
            "{} {}                                              | follows the last",
            "x                                                  | vm.json:1"})
    void tellsWhatWouldBeRight(String text, String sentence) {
        refuses(text.strip(), sentence);
    }

    @Test
    void findsWindowsThatOverlap() {
        refuses("""
                { "devices": [
                    { "type": "uart16550", "name": "a" },
                    { "type": "debugexit", "name": "b", "windows": { "port": "0x3FF" } } ] }
                """, "vm.json:3: field 'devices[1].windows.port'", "overlaps", "devices[0].windows.ports");
    }

    @Test
    void tellsOnlyTheFirstFaultOfAWindowOrAType() {
        onlyFault("""
                { "devices": [ { "type": "uart16550", "name": "a" },
                    { "type": "uart16550", "name": "b", "windows": { "port": "0x2F8" } } ] }
                """, "vm.json:2: field 'devices[1].windows.port'");
        onlyFault("""
                { "devices": [ { "type": "uart16550", "name": "a" },
                    { "type": "uart16550", "name": "b", "windows": { "ports": "x" } } ] }
                """, "vm.json:2: field 'devices[1].windows.ports'");
        onlyFault("{ \"devices\": [ { \"name\": \"a\" } ] }", "vm.json:1: field 'devices[0].type': it is missing");
    }

    private void onlyFault(String text, String sentence) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(HsmException.class)
                .satisfies(e -> assertThat(e.getMessage().lines()).singleElement().asString().contains(sentence));
    }

    @Test
    void tellsOfAnImageThatIsNotThereAndOfAnAddressOutOfReachWithTheOtherFaults() {
        refuses("""
                { "cpus": 17,
                  "image": { "file": "none.bin", "format": "flat",
                    "address": "0xFFFFFFFFFF" } }
                """, "vm.json:1: field 'cpus'", "vm.json:2: field 'image.file': there is no file",
                "vm.json:3: field 'image.address': 0xffffffffff cannot be reached in real mode");
    }

    @Test
    void connectsOneDeviceToTheConsole() {
        refuses("""
                { "devices": [
                    { "type": "uart16550", "name": "a", "backend": "console" },
                    { "type": "uart16550", "name": "b", "backend": "console", "windows": { "ports": "0x2F8" } } ] }
                """, "vm.json:3: field 'devices[1].backend': another device is connected to the console");
    }

    @Test
    void saysThatAFileIsNotThere() {
        assertThatThrownBy(() -> new VmFile(folder.resolve("none.json"), STANDARD, CATALOGUE, List.of("sim"),
                List.of()).read())
                .isInstanceOf(HsmException.class).hasMessageContaining("none.json")
                .satisfies(e -> assertThat(((HsmException) e).errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void refusesAFileThatIsNestedTooDeepOrTooLong() {
        refuses("{\"a\":".repeat(10_000), "vm.json:1");
        refuses("{}" + " ".repeat(2 << 20), "longer than 1 MiB");
    }

    @Test
    @DisplayName("whatever is changed in a VM file, it is read or refused in sentences")
    void hostileFilesAreReadOrRefused() {
        var random = new Random(3);
        for (int i = 0; i < 2_000; i++) {
            var text = new StringBuilder(WHOLE);
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(text.length());
                text.setCharAt(at, "{}[]\",:0x9-naé\n ".charAt(random.nextInt(16)));
            }
            assertThat(outcome(text.toString())).isIn("read", "refused");
        }
    }

    private String outcome(String text) {
        try {
            read(text);
            return "read";
        } catch (HsmException e) {
            return "refused";
        }
    }
}
