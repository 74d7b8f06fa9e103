/** The words for what was measured. */
export const readingsEn = {
  kind: { "blood-pressure": "Blood pressure", glucose: "Blood sugar", ketone: "Ketones" },
  systolic: "Systolic",
  diastolic: "Diastolic",
  pulse: "Pulse",
  pressureSpoken: (systolic: string, diastolic: string): string =>
    `${systolic} over ${diastolic} millimetres of mercury`,
  absent: { high: "HI", low: "LO", none: "no value" },
  absentMeans: {
    high: "The meter shows HI: the value is above what it can measure.",
    low: "The meter shows LO: the value is below what it can measure.",
    none: "The device gave no value. Please measure again.",
  },
  about: (value: string, unit: string): string => `about ${value} ${unit}`,
  at: (time: string): string => `Measured ${time}`,
  timeUnknown: "The device could not say when this was measured",
  control: "This was a test with control solution. It is not a reading of yours.",
  slot: (slot: string): string => `User ${slot} of the device`,
  level: { low: "Low", "in-range": "In range", raised: "Raised", high: "High", urgent: "Very far out of range" },
  /** By the name that the table gives it; one that is not here goes by its level. */
  category: {
    "hypertensive-crisis": "Dangerously high",
    "hypertension-stage-2": "High, stage 2",
    "hypertension-stage-1": "High, stage 1",
    elevated: "Elevated",
    normal: "Normal",
    "meter-high": "Above what the meter can measure",
    "meter-low": "Below what the meter can measure",
    "hypoglycemia-level-2": "Very low",
    "hypoglycemia-level-1": "Low",
    "hyperglycemia-level-2": "Very high",
    "hyperglycemia-level-1": "High",
    "in-range": "In range",
    "ketones-immediate-risk": "Dangerously high",
    "ketones-high-risk": "High",
    "ketones-raised": "Raised",
    "ketones-normal": "Normal",
  },
  /** With the limits of the table's field, where there are such. */
  position: (level: string, from: string | null, until: string | null): string =>
    `On the scale: ${level}${from === null ? "" : `, from ${from}`}${until === null ? "" : `, up to ${until}`}`,
  source: (source: string): string => `By the table of ${source}. A note, not a diagnosis.`,
  /** What to do, by the kind of reading. Fifteen grams of sugar, and measuring again after 15 minutes: ADA Standards of Care, section 6. */
  advice: {
    "blood-pressure": {
      low: "If you feel dizzy or unwell, tell the staff now.",
      raised: "One reading says little. Measure again on another day, and show it to your doctor.",
      high: "Rest for five minutes and measure again. Please show this to your doctor.",
    },
    glucose: {
      low: "Eat or drink something with sugar now, such as half a glass of juice. Measure again after 15 minutes.",
      raised: "Follow what you have agreed on with your doctor, and measure again later.",
      high: "Drink water, follow what you have agreed on with your doctor, and measure again. If you feel unwell, tell the staff.",
    },
    ketone: {
      low: "",
      raised: "Drink water and measure again in two hours.",
      high: "Call your doctor today, drink water, and measure again in two hours.",
    },
  },
  urgentTitle: "Please act now",
  /** `{emergency}` stands for the number of the place. */
  urgent: {
    "blood-pressure":
      "Rest for a few minutes and measure again. With chest pain, shortness of breath, weakness, or trouble seeing or speaking: call {emergency} now. Tell the staff, too.",
    glucoseLow:
      "Eat or drink something with sugar now, such as half a glass of juice, and tell the staff. Measure again after 15 minutes. If it gets worse: call {emergency}.",
    glucoseHigh:
      "Tell the staff now, and call your doctor today. If you feel confused or very weak, or are being sick: call {emergency}.",
    ketone:
      "Tell the staff now, and call your doctor at once. If you are being sick or breathe heavily: call {emergency}.",
  },
  delivery: {
    waiting: "Kept here safely, will be sent",
    delivered: "Sent",
    held: "Kept here until the staff know whose it is",
  },
  remark: {
    "body-movement": "You moved while it measured. Keep still and measure again to be sure.",
    "cuff-too-loose": "The cuff was too loose. Tighten it and measure again.",
    "irregular-pulse": "The device noticed an irregular pulse. Please tell your doctor.",
    "improper-position": "The arm was not at the right height. Lay it at the height of your heart and measure again.",
    "pulse-rate-above-upper-limit": "The pulse was above what the device measures well.",
    "pulse-rate-below-lower-limit": "The pulse was below what the device measures well.",
    "pulse-rate-implausible": "The device gave no believable pulse.",
    "device-battery-low": "The battery of the device is low.",
    "sensor-malfunction": "The device reports a fault. Please use another one.",
    "sample-size-insufficient": "There was too little blood on the strip. Measure again with a new strip.",
    "strip-insertion-error": "The strip was not in properly. Measure again with a new strip.",
    "strip-type-incorrect": "The strip does not fit this meter.",
    "result-too-high": "The value is above what the meter can measure.",
    "result-too-low": "The value is below what the meter can measure.",
    "temperature-too-high": "The meter was too warm.",
    "temperature-too-low": "The meter was too cold.",
    "read-interrupted": "The strip was pulled out too early. Measure again with a new strip.",
    "general-device-fault": "The device reports a fault. Please use another one.",
    "time-fault": "The clock of the device is wrong.",
  },
  otherRemark: "The device noted something about this reading. The staff can look it up.",
};
