package org.cupule.machine.explain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.machine.Explanation;
import org.cupule.machine.Explanation.Need;
import org.cupule.machine.Explanation.Verdict;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.description.Faults.Fault;
import org.cupule.machine.description.VmFile;
import org.cupule.machine.device.Catalogue;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.machine.device.PciOffer;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;

/**
 * Compares what a VM file needs with what is there.
 *
 * @threading confined to its maker
 */
public final class MachineNeeds {
    private final Catalogue catalogue;
    private final List<PciOffer> buses;
    private final Optional<HypervisorServiceModule> hsm;
    private final Promises promises;
    private final List<Need> needs = new ArrayList<>();

    /**
     * Looks at what is there.
     *
     * @param catalogue
     *            device models
     * @param buses
     *            PCI buses, the preferred one first
     * @param hsm
     *            the HSM, which knows of hypervisors and their hardware
     * @param promises
     *            what bundles that do not run would offer
     */
    public MachineNeeds(Catalogue catalogue, List<PciOffer> buses, Optional<HypervisorServiceModule> hsm,
            Promises promises) {
        this.catalogue = catalogue;
        this.buses = List.copyOf(buses);
        this.hsm = hsm;
        this.promises = promises;
    }

    /** {@return what this file needs} */
    public Explanation of(VmFile file) {
        try {
            MachineDescription machine = file.examine();
            List<Fault> faults = file.faults().all();
            hypervisor(machine, faults).ifPresent(chosen -> hardware(machine, chosen));
            bus();
            devices(machine.devices(), faults);
            rest(faults);
        } catch (HsmException unreadable) {
            needs.add(new Need("file", "a VM file", Verdict.MISSING, unreadable.getMessage()));
        }
        return new Explanation(needs);
    }

    private Optional<String> hypervisor(MachineDescription machine, List<Fault> faults) {
        String wanted = machine.hypervisor();
        List<String> there = hsm.map(HypervisorServiceModule::hypervisors).orElse(List.of()).stream()
                .map(HypervisorInfo::name).toList();
        Optional<String> chosen = there.stream().filter(name -> wanted.isEmpty() || name.equals(wanted)).findFirst();
        String place = "hypervisor";
        if (chosen.isPresent()) {
            needs.add(wanted.isEmpty() && there.size() > 1
                    ? new Need(place, "any", Verdict.CHOSEN, "%s, the first of %s; name another in the file"
                            .formatted(chosen.get(), String.join(", ", there)))
                    : new Need(place, chosen.get(), Verdict.MET, chosen.get()));
        } else {
            String absent = hsm.map(HypervisorServiceModule::absentHypervisors).orElse(Map.of()).get(wanted);
            needs.add(new Need(place, wanted.isEmpty() ? "any" : wanted, Verdict.MISSING, absent != null
                    ? absent
                    : sentences(faults, place).findFirst()
                            .orElse("there is none: start a bundle that offers one, as org.cupule.hv.sim")));
        }
        return chosen;
    }

    private void hardware(MachineDescription machine, String hypervisor) {
        Map<String, List<ModelInfo>> models = hsm.map(there -> there.hardware(hypervisor)).orElse(Map.of());
        models.forEach((kind, offered) -> model("models." + kind, kind, machine.models().getOrDefault(kind, ""),
                offered));
        machine.models().forEach((kind, wanted) -> {
            if (!models.containsKey(kind)) {
                needs.add(new Need("models." + kind, kind, Verdict.MISSING, models.isEmpty()
                        ? "the hypervisor '%s' is not composed of models: take the field away".formatted(hypervisor)
                        : "the hypervisor '%s' knows no such kind; it has %s".formatted(hypervisor,
                                String.join(", ", models.keySet()))));
            }
        });
    }

    private void bus() {
        model("pci", "pci-bus", "", buses.stream().map(PciOffer::info).toList());
    }

    /** One need of a model: which are offered, and which of them is taken. */
    private void model(String place, String kind, String wanted, List<ModelInfo> offered) {
        List<ModelInfo> fitting = offered.stream().filter(info -> wanted.isEmpty() || info.matches(wanted)).toList();
        String what = wanted.isEmpty() ? kind : kind + "/" + wanted;
        if (fitting.isEmpty()) {
            needs.add(new Need(place, what, Verdict.MISSING, promises.of(kind, wanted).orElseGet(() -> offered.isEmpty()
                    ? "no plug-in offers a model of kind '%s': plug in one that does (hsm:plug JAR)".formatted(kind)
                    : "no plug-in offers '%s'; there are: %s".formatted(wanted, list(offered)))));
        } else {
            needs.add(met(place, what, fitting));
        }
    }

    private static Need met(String place, String what, List<ModelInfo> fitting) {
        ModelInfo taken = fitting.getFirst();
        if (fitting.size() == 1) {
            return new Need(place, what, Verdict.MET, taken.id());
        }
        if (fitting.get(1).id().equals(taken.id())) {
            return new Need(place, what, Verdict.AMBIGUOUS, ("%s is offered by several plug-ins, and the one that came"
                    + " first is taken; unplug the others (hsm:plugins)").formatted(taken.id()));
        }
        return new Need(place, what, Verdict.CHOSEN, "%s, preferred of %s; name another in the file".formatted(
                taken.id(), list(fitting)));
    }

    private void devices(List<DeviceDescription> devices, List<Fault> faults) {
        for (int i = 0; i < devices.size(); i++) {
            DeviceDescription device = devices.get(i);
            String place = "devices[" + i + "]";
            if (sentences(faults, place + ".type").findAny().isEmpty()) {
                model(place, device.type(), device.model(), catalogue.offers().stream().map(DeviceOffer::info)
                        .filter(info -> info.kind().equals(device.type())).toList());
            } else {
                String sentence = sentences(faults, place + ".type").collect(Collectors.joining("; "));
                needs.add(new Need(place, device.type(), Verdict.MISSING,
                        promises.of(device.type(), device.model()).orElse(sentence)));
            }
        }
    }

    /** What is wrong beside what has been told. */
    private void rest(List<Fault> faults) {
        Set<String> told = new HashSet<>();
        needs.forEach(need -> told.addAll(List.of(need.place(), need.place() + ".type", need.place() + ".model")));
        faults.stream().filter(fault -> !told.contains(fault.field()))
                .forEach(fault -> needs.add(new Need(fault.field(), "a value that can be", Verdict.MISSING,
                        fault.sentence())));
    }

    private static Stream<String> sentences(List<Fault> faults, String field) {
        return faults.stream().filter(fault -> fault.field().equals(field)).map(Fault::sentence);
    }

    private static String list(List<ModelInfo> models) {
        return models.stream().map(ModelInfo::id).distinct().collect(Collectors.joining(", "));
    }
}
