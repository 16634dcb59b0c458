module.exports = 'version one';
