package org.cupule.tck.check;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.cupule.device.Device;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.Mmio;
import org.cupule.device.PciRegisters;
import org.cupule.device.PortIo;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.state.StateSchema;
import org.cupule.tck.device.FakeMachine;
import org.cupule.types.HsmException;

/** Whether what a factory says of its devices holds together. */
final class SpecChecks {
    private static final List<String> ODD_VALUES = List.of("", "nonsense", "-1", "99999999999999999999", "\u0000");

    private SpecChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("schema", "A swap chooses the version of the state from what the factory says, before it "
                        + "touches the device.",
                        "Let factory and device return one and the same StateSchema, which reads all that it writes.",
                        List.of(), SpecChecks::schema),
                new Check("interfaces", "The platform sends an access to PortIo or Mmio, as the window says.",
                        "Implement PortIo for windows of ports, Mmio for windows of memory, PciRegisters for live "
                                + "capabilities; give each window, line and option a name of its own.",
                        List.of(), SpecChecks::interfaces),
                new Check("options", "Options are typed by people: a wrong value must be refused in a sentence.",
                        "Throw HsmException(EINVAL, ...) with a sentence from DeviceFactory.create, nothing else.",
                        List.of("interfaces"), SpecChecks::options));
    }

    private static Verdict schema(Subject subject) {
        StateSchema said = subject.factory().schema();
        StateSchema real = subject.fresh().device().schema();
        if (!said.equals(real)) {
            return Verdict.fail("the factory says %s, its device %s", said, real);
        }
        if (said.writes().isEmpty() || said.kind().isBlank()) {
            return Verdict.fail("it writes no state at all: %s", said);
        }
        Set<Integer> unread = said.writes().stream().filter(version -> !said.reads().contains(version))
                .collect(toSet());
        return unread.isEmpty()
                ? Verdict.pass("kind '%s', reads %s, writes %s", said.kind(), said.reads(),
                        said.writes())
                : Verdict.fail("it writes versions %s, which it does not read", unread);
    }

    private static Verdict interfaces(Subject subject) {
        DeviceFactory factory = subject.factory();
        DeviceSpec spec = factory.spec();
        FakeMachine machine = subject.fresh();
        Device device = machine.device();
        for (Window window : machine.windows()) {
            Class<?> needed = window.ports() ? PortIo.class : Mmio.class;
            if (window.length() > 0 && !needed.isInstance(device)) {
                return Verdict.fail("window '%s' needs %s, which %s does not implement", window.name(),
                        needed.getSimpleName(), device.getClass().getName());
            }
        }
        boolean live = spec.pci().stream().flatMap(pci -> pci.capabilities().stream()).anyMatch(Capability::live);
        if (live && !(device instanceof PciRegisters)) {
            return Verdict.fail("a capability is live, and %s does not implement PciRegisters",
                    device.getClass().getName());
        }
        if (spec.pci().isPresent() && !spec.windows().isEmpty()) {
            return Verdict.fail("a PCI device has base address registers, and no windows of its own");
        }
        return names(spec);
    }

    private static Verdict names(DeviceSpec spec) {
        var twice = new ArrayList<String>();
        twice(spec.windows().stream().map(Window::name), twice);
        twice(spec.lines().stream().map(LineSpec::name), twice);
        twice(spec.options().stream().map(Option::name), twice);
        return twice.isEmpty()
                ? Verdict.pass("each window has its interface, and each name is there once")
                : Verdict.fail("these names are there twice: %s", twice);
    }

    private static void twice(Stream<String> names, List<String> found) {
        var counts = new HashMap<String, Integer>();
        names.forEach(name -> counts.merge(name, 1, Integer::sum));
        counts.entrySet().stream().filter(entry -> entry.getValue() > 1).map(Map.Entry::getKey).forEach(found::add);
    }

    private static Verdict options(Subject subject) {
        List<Option> options = subject.factory().spec().options();
        if (options.isEmpty()) {
            return Verdict.notApplicable("it has no options");
        }
        for (Option option : options) {
            for (String value : ODD_VALUES) {
                var changed = new HashMap<>(subject.options());
                changed.put(option.name(), value);
                try {
                    subject.withOptions(changed).fresh();
                } catch (HsmException _) {
                    continue; // refused, in a sentence
                } catch (RuntimeException e) {
                    return Verdict.fail("option '%s' set to '%s' threw %s", option.name(), value, e);
                }
            }
        }
        return Verdict.pass("%d options stand %d odd values each", options.size(), ODD_VALUES.size());
    }
}
