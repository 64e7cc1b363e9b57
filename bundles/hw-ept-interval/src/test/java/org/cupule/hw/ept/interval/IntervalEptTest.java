package org.cupule.hw.ept.interval;

import org.cupule.hardware.Ept;
import org.cupule.tck.hardware.EptContract;

class IntervalEptTest extends EptContract {
    @Override
    protected Ept create() {
        return new IntervalEptFactory().create();
    }
}
