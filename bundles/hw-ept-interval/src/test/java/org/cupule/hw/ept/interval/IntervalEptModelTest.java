package org.cupule.hw.ept.interval;

import org.cupule.hardware.Ept;
import org.cupule.tck.hardware.EptModelContract;

class IntervalEptModelTest extends EptModelContract {
    @Override
    protected Ept create() {
        return new IntervalEptFactory().create();
    }
}
