package org.cupule.hw.ept.interval;

import org.cupule.hardware.Ept;
import org.cupule.hardware.EptFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes {@link IntervalEpt}s.
 *
 * @threading any thread
 */
@OffersModel(kind = "ept", name = "interval", version = "1.0.0")
@Component(service = EptFactory.class)
public final class IntervalEptFactory implements EptFactory {
    @Override
    public ModelInfo info() {
        return new ModelInfo("ept", "interval", "1.0.0", "a sorted map of intervals, copied on each change");
    }

    @Override
    public StateSchema schema() {
        return IntervalEpt.SCHEMA;
    }

    @Override
    public Ept create() {
        return new IntervalEpt();
    }
}
