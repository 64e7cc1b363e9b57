package org.cupule.examples.temperature;

/**
 * Where sensors are: how warm it is, and how fast it gets warmer.
 *
 * @param milliCelsius
 *            thousandths of a degree Celsius at the VM's time zero
 * @param milliCelsiusPerSecond
 *            what is added in a second; negative when it gets colder
 * @threading immutable
 */
record Room(int milliCelsius, int milliCelsiusPerSecond) {
    private static final int COLDEST = -55_000;
    private static final int WARMEST = 150_000;

    /** {@return the temperature at a time in nanoseconds, within what the sensor can measure} */
    int at(long nanos) {
        double now = milliCelsius + (double) milliCelsiusPerSecond * nanos / 1e9;
        return (int) Math.clamp(now, COLDEST, WARMEST);
    }
}
