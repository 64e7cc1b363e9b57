package org.cupule.hv.sim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.EptFactory;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.LapicFactory;
import org.cupule.hardware.PicFactory;
import org.cupule.swap.Swappable.Offer;
import org.cupule.types.ModelInfo;

/**
 * All hardware factories that are there now, a shelf a kind.
 *
 * @threading any thread
 */
final class Hardware {
    final Shelf<CpuFactory> cpus = new Shelf<>("cpu");
    final Shelf<EptFactory> epts = new Shelf<>("ept");
    final Shelf<LapicFactory> lapics = new Shelf<>("lapic");
    final Shelf<IoApicFactory> ioapics = new Shelf<>("ioapic");
    final Shelf<PicFactory> pics = new Shelf<>("pic");

    /**
     * Chooses one of each kind.
     *
     * @param wanted
     *            name or {@code name@version} by kind; kinds that are not in it get the preferred model
     * @throws org.cupule.types.HsmException
     *             ENODEV when one is missing
     */
    HardwareChoice choose(Map<String, String> wanted) {
        return new HardwareChoice(this, cpus.choose(wanted.get("cpu")), epts.choose(wanted.get("ept")),
                lapics.choose(wanted.get("lapic")), ioapics.choose(wanted.get("ioapic")),
                pics.choose(wanted.get("pic")));
    }

    /** {@return all offers, kind by kind, the preferred one of each kind first} */
    List<Offer> offers() {
        var all = new ArrayList<Offer>();
        for (Shelf<?> shelf : shelves()) {
            shelf.offers().forEach(offer -> all.add(new Offer(offer.info(), offer.bundle())));
        }
        return all;
    }

    /** {@return the models of each kind, the preferred one first} */
    Map<String, List<ModelInfo>> models() {
        var models = new LinkedHashMap<String, List<ModelInfo>>();
        shelves().forEach(shelf -> models.put(shelf.kind(), shelf.offers().stream().map(Offered::info).toList()));
        return models;
    }

    private List<Shelf<?>> shelves() {
        return List.of(cpus, epts, ioapics, lapics, pics);
    }
}
