package org.cupule.hw.ept.interval;

import org.cupule.hardware.Ept;
import org.cupule.tck.hardware.EptRaceContract;

class IntervalEptRaceTest extends EptRaceContract {
    @Override
    protected Ept create() {
        return new IntervalEptFactory().create();
    }
}
