package org.cupule.machine.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.SimHypervisors;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.machine.Explanation;
import org.cupule.machine.Explanation.Need;
import org.cupule.machine.Explanation.Verdict;
import org.cupule.machine.description.VmFile;
import org.cupule.machine.device.Catalogue;
import org.cupule.machine.fake.Probe;
import org.cupule.machine.pc.MachinesForTests;
import org.cupule.machine.pc.PcMachines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineNeedsTest {
    @TempDir
    Path folder;

    private final PcMachines machines;

    MachineNeedsTest() {
        var hsm = new RoutingHsm();
        hsm.bind(SimHypervisors.withHardware(1000), Map.of());
        machines = MachinesForTests.of(hsm);
        MachinesForTests.offer(machines, new ConventionalPciBusFactory());
    }

    private Explanation explain(String text) throws IOException {
        return machines.explain(Files.writeString(folder.resolve("vm.json"), text));
    }

    private Need need(String text, String place) throws IOException {
        return explain(text).needs().stream().filter(need -> need.place().equals(place)).findFirst().orElseThrow();
    }

    @Test
    void tellsWhatMeetsEachNeed() throws IOException {
        Explanation explanation = explain(
                "{ 'devices': [ { 'type': 'uart16550', 'name': 'com1' } ] }".replace('\'', '"'));
        assertThat(explanation.met()).isTrue();
        assertThat(explanation.needs()).extracting(Need::place).containsExactly("hypervisor", "models.cpu",
                "models.ept", "models.ioapic", "models.lapic", "models.pic", "pci", "devices[0]");
        assertThat(explanation.needs()).last().isEqualTo(
                new Need("devices[0]", "uart16550", Verdict.MET, "ns16550a@1.0.0"));
    }

    @Test
    void tellsOfEachThingThatIsMissingWhatToDo() throws IOException {
        Explanation explanation = explain(
                """
                        { "hypervisor": "simm", "models": { "lapic": "nope" },
                          "devices": [ { "type": "uart1655", "name": "a" }, { "type": "uart16550", "name": "b", "model": "x" } ] }
                        """);
        assertThat(explanation.met()).isFalse();
        assertThat(explanation.needs()).filteredOn(need -> need.verdict() == Verdict.MISSING)
                .extracting(need -> need.place() + ": " + need.sentence())
                .containsExactly("hypervisor: there is no hypervisor 'simm'; did you mean 'sim'?",
                        "devices[0]: no plug-in offers a device of type 'uart1655'; did you mean 'uart16550'?",
                        "devices[1]: no plug-in offers 'x'; there are: ns16550a@1.0.0");
    }

    @Test
    void tellsHardwareThatTheHypervisorDoesNotKnow() throws IOException {
        String text = "{ \"models\": { \"fpu\": \"x87\", \"ept\": \"five\" }, \"devices\": [] }";
        assertThat(need(text, "models.fpu").sentence()).contains("'sim' knows no such kind").contains("cpu, ept");
        assertThat(need(text, "models.ept").sentence()).contains("no plug-in offers 'five'").contains("four-level");
    }

    @Test
    void tellsAPreferredModelFromOneThatNobodyCanTellApart() throws IOException {
        String text = "{ \"devices\": [ { \"type\": \"probe\", \"name\": \"p\" } ] }";
        MachinesForTests.offer(machines, Probe.Factory.of(1), 3);
        MachinesForTests.offer(machines, Probe.Factory.of(2), 4);
        assertThat(need(text, "devices[0]").verdict()).isEqualTo(Verdict.CHOSEN);
        MachinesForTests.offer(machines, Probe.Factory.of(2), 5);
        assertThat(need(text, "devices[0]").verdict()).isEqualTo(Verdict.AMBIGUOUS);
    }

    @Test
    void tellsWhateverElseIsWrongByItsField() throws IOException {
        assertThat(need("{ \"cpus\": 99, \"devices\": [] }", "cpus").sentence()).contains("1 to 16");
        assertThat(explain("[]").needs()).singleElement().extracting(Need::verdict).isEqualTo(Verdict.MISSING);
        assertThat(machines.explain(folder.resolve("none.json")).needs()).singleElement().extracting(Need::sentence)
                .asString().contains("there is no file");
    }

    @Test
    void withoutAnHsmNothingCanBeMade() throws IOException {
        assertThat(new MachineNeeds(new Catalogue(List.of()), List.of(), Optional.empty(),
                Promises.NONE).of(
                        new VmFile(
                                Files.writeString(folder.resolve("vm.json"), "{\"devices\": []}"),
                                machines.standard("vm"),
                                new Catalogue(List.of()), List.of(), List.of()))
                .needs()).extracting(Need::place, Need::verdict).containsExactly(
                        tuple("hypervisor", Verdict.MISSING),
                        tuple("pci", Verdict.MISSING));
    }
}
