package org.cupule.hw.ept;

import org.cupule.hardware.Ept;
import org.cupule.hardware.EptFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes {@link FourLevelEpt}s.
 *
 * @threading any thread
 */
@OffersModel(kind = "ept", name = "four-level", version = "1.0.0")
@Component(service = EptFactory.class)
public final class FourLevelEptFactory implements EptFactory {
    @Override
    public ModelInfo info() {
        return new ModelInfo("ept", "four-level", "1.0.0",
                "page tables of four levels, with pages of 4 KiB, 2 MiB and 1 GiB");
    }

    @Override
    public StateSchema schema() {
        return FourLevelEpt.SCHEMA;
    }

    @Override
    public Ept create() {
        return new FourLevelEpt();
    }
}
