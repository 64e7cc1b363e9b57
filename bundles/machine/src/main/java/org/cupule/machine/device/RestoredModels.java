package org.cupule.machine.device;

import java.util.Comparator;
import java.util.List;
import org.cupule.state.SavedModel;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;

/**
 * Which of the models that are there takes over what another one, perhaps in another process, has saved: the same one,
 * else another version of it, else whichever reads the state.
 *
 * @threading immutable
 */
final class RestoredModels {
    private RestoredModels() {
    }

    /**
     * {@return the model for a saved device}
     *
     * @throws HsmException
     *             ENODEV when there is none; the sentence names the state and the models
     */
    static DeviceOffer device(SavedDevice saved, Catalogue catalogue) {
        String type = saved.description().type();
        String model = saved.description().model();
        List<DeviceOffer> ofType = catalogue.offers().stream().filter(offer -> offer.info().kind().equals(type))
                .sorted(Comparator.comparing(offer -> distance(offer.info(), model))).toList();
        return ofType.stream().filter(offer -> saved.parked().stateFor(offer.schema()).isPresent()).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENODEV, "restore",
                        "no model of type '%s' reads what %s has saved of device '%s', state '%s' in versions %s; there is %s"
                                .formatted(type, model, saved.description().name(), saved.parked().stateKind(),
                                        saved.parked().states().keySet(), ofType.stream()
                                                .map(offer -> "%s, which reads '%s' %s".formatted(offer.info().id(),
                                                        offer.schema().kind(), offer.schema().reads()))
                                                .toList())));
    }

    /**
     * {@return the model for a saved PCI bus}
     *
     * @throws HsmException
     *             ENODEV when there is none
     */
    static PciOffer bus(SavedModel saved, List<PciOffer> buses) {
        return buses.stream().filter(offer -> saved.stateFor(offer.schema()).isPresent())
                .min(Comparator.comparing(offer -> distance(offer.info(), saved.model())))
                .orElseThrow(() -> new HsmException(Errno.ENODEV, "restore",
                        "no PCI bus reads what %s has saved, %s; there is %s".formatted(saved.model(), saved.text(),
                                buses.stream().map(offer -> offer.info().id()).toList())));
    }

    private static int distance(ModelInfo info, String model) {
        if (info.id().equals(model)) {
            return 0;
        }
        return info.name().equals(model.split("@", 2)[0]) ? 1 : 2;
    }
}
